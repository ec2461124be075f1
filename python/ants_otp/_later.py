"""Stands for `ants_otp._types` in annotations, and loads it when one is evaluated: a call needs no ``typing``."""


class _Later:
    __slots__ = ()

    def __getattr__(self, name: str) -> object:
        from ants_otp import _types

        return getattr(_types, name)


later = _Later()
