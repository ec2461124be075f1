"""Signatures, help and type hints of the clients' methods, with each option of `ants_otp._options` in its place."""

from __future__ import annotations

import ast
import collections.abc
import inspect
import textwrap
import types
import typing
from functools import cache
from typing import Any

from ants_otp import _options

# The line of a docstring that the options take the place of.
_MARK = "**options:"


class _Same:
    """For a special form that this Python's ``typing`` does not have yet: ``_Same[type]`` is the type."""

    def __class_getitem__(cls, item: object) -> object:
        return item


def signature(function: types.FunctionType) -> inspect.Signature:
    """The signature with a keyword for each option; annotations are types, not text."""
    plain = inspect.signature(function)
    hints = typing.get_type_hints(function, names(function))
    parameters = [
        parameter.replace(annotation=hints.get(parameter.name, parameter.empty))
        for parameter in plain.parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]
    for name, hint in typing.get_type_hints(_options_of(function)).items():
        default = False if hint is bool else None
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint))
    returned = hints["return"]
    return plain.replace(parameters=parameters, return_annotation=None if returned is type(None) else returned)


def documentation(function: types.FunctionType) -> str | None:
    """The docstring with the text of each option, where the source of this package is there to be read."""
    before, mark, after = (function.__doc__ or "").partition(_MARK)
    texts = _texts().get(_options_of(function).__name__)
    if not mark or not texts:
        return function.__doc__
    indent = before[before.rfind("\n") + 1 :]
    entries = [textwrap.fill(f"{name}: {text}", 110, subsequent_indent=indent + "    ") for name, text in texts.items()]
    return before + f"\n{indent}".join(entries) + after[after.index("\n") :]


def names(function: types.FunctionType) -> dict[str, Any]:
    """What the annotations of `function` speak of, of which its module has not loaded ``typing``."""
    missing = {"Self": Any, "Unpack": _Same}
    return {**missing, **vars(typing), **vars(types), **vars(collections.abc), **vars(_options), **function.__globals__}


def _options_of(function: types.FunctionType) -> Any:
    name: str = function.__annotations__["options"]
    return getattr(_options, name.removeprefix("Unpack[").removesuffix("]"))


@cache
def _texts() -> dict[str, dict[str, str]]:
    """The texts of the options, for each class: Python does not keep the strings beside its fields."""
    try:
        tree = ast.parse(inspect.getsource(_options))
    except OSError:
        return {}
    found: dict[str, dict[str, str]] = {}
    for kind in tree.body:
        if isinstance(kind, ast.ClassDef):
            texts = dict(found.get(ast.unparse(kind.bases[0]), {}))
            for field, text in zip(kind.body, kind.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                    texts[ast.unparse(field.target)] = " ".join(ast.literal_eval(text.value).split())
            found[kind.name] = texts
    return found
