"""The schemas by which pydantic, and so FastAPI, takes and gives the results. Loaded when pydantic asks for one."""

from __future__ import annotations

import inspect
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, get_type_hints

from pydantic_core import PydanticCustomError, core_schema

from ants_otp.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Callable

    from ants_otp._record import Record

    _Generate = Callable[[Any], core_schema.CoreSchema]

_MONEY = Decimal | str


def schema_of(cls: type[Record], generate: _Generate) -> core_schema.CoreSchema:
    """Takes an instance, or what `to_dict` gave, and gives that; of a `Verification` it takes instances alone."""
    shown = _fields(cls, lambda hint: core_schema.str_schema() if hint == _MONEY else generate(hint))
    if issubclass(cls, Verification):
        # That it has fields is for the JSON schema alone.
        from_json = core_schema.no_info_after_validator_function(_refuse, shown)
        from_python: core_schema.CoreSchema = core_schema.is_instance_schema(cls)
    else:
        taken = _fields(cls, lambda hint: core_schema.decimal_schema() if hint == _MONEY else generate(hint))
        from_json = core_schema.no_info_after_validator_function(cls._of, taken)  # pyright: ignore[reportPrivateUsage]
        from_python = core_schema.union_schema([core_schema.is_instance_schema(cls), from_json])
    given = core_schema.plain_serializer_function_ser_schema(lambda record: record.to_dict(), return_schema=shown)
    return core_schema.json_or_python_schema(from_json, from_python, serialization=given)


def _fields(cls: type[Record], schema: _Generate) -> core_schema.TypedDictSchema:
    hints = get_type_hints(cls.__init__)
    parameters = inspect.signature(cls).parameters
    wanted = {name for name, parameter in parameters.items() if parameter.default is parameter.empty}
    fields = {
        name: core_schema.typed_dict_field(schema(hints[name]), required=name in wanted)
        for name in cls._dict_fields  # pyright: ignore[reportPrivateUsage]
    }
    return core_schema.typed_dict_schema(fields, cls_name=cls.__name__, config={"title": cls.__name__})


def _refuse(_: object) -> NoReturn:
    raise PydanticCustomError("verification", "a verification comes from Client.verify alone, never out of JSON")
