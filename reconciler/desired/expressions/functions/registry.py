"""What a function of Terraform's is to us: its parameters and how it takes UNKNOWN and null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.desired.expressions.values import FailureError, wholly_known
from reconciler.drift.values import UNKNOWN, Unknown, Value


@dataclass(frozen=True, slots=True)
class Function:
    """A pure function.

    ``body`` gets the arguments and raises FailureError where Terraform would refuse them. ``shallow``: it
    looks at the arguments themselves and not at what is in them, so elements may be UNKNOWN. ``nulls``: an
    argument may be null.
    """

    body: Callable[..., Value]
    minimum: int = 1
    maximum: int | None = 1
    shallow: bool = False
    nulls: bool = False

    def __call__(self, arguments: list[Value]) -> Value:
        """Apply it, once the arguments are known well enough.

        Raises:
            FailureError: they are not arguments for it.
        """
        if len(arguments) < self.minimum or (self.maximum is not None and len(arguments) > self.maximum):
            raise FailureError
        if any(isinstance(argument, Unknown) for argument in arguments):
            return UNKNOWN
        if not self.nulls and any(argument is None for argument in arguments):
            raise FailureError
        if not self.shallow and not wholly_known(arguments):
            return UNKNOWN
        return self.body(*arguments)


Functions: TypeAlias = Mapping[str, Function]
