"""What the results have in common: read-only, equal by value, hashable, picklable.

Written by hand because ``dataclasses`` costs more to import than all of this package.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from ants_otp import _types as later
else:
    from ants_otp._later import later


class Record:
    """A result whose fields are properties over slots; its constructor takes them in the order of `_fields`.

    `to_dict` gives those of `_dict_fields`.
    """

    __slots__ = ()
    if TYPE_CHECKING:
        _fields: ClassVar[tuple[str, ...]]
        _dict_fields: ClassVar[tuple[str, ...]]

    def to_dict(self) -> dict[str, later.Any]:
        """The fields by name, as JSON can hold them. ``type(record)(**record.to_dict())`` equals the record."""
        return {name: getattr(self, name) for name in self._dict_fields}

    @classmethod
    def _of(cls, fields: later.Mapping[str, object]) -> later.Self:
        """What `to_dict` gave, also of a newer version, whose further fields are left out."""
        return cls(**{name: fields[name] for name in cls._fields if name in fields})

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: later.Any) -> later.Any:
        """For pydantic, which asks for it: a record is a field of a model, and its JSON is that of `to_dict`."""
        from ants_otp._pydantic import schema_of

        return schema_of(cls, handler.generate_schema)

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self._fields)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Record):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({fields})"

    def __reduce__(self) -> tuple[later.Callable[..., Record], tuple[object, ...]]:
        return type(self), self._values()
