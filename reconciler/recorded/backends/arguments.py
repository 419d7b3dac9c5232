"""The arguments of a backend block, completed from where Terraform completes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from reconciler.drift.snapshot import BackendBlock
from reconciler.drift.values import UNKNOWN, Object, Value
from reconciler.errors import BackendError, Position


class _Backend(msgspec.Struct):
    type: str
    config: dict[str, Value]


class _Initialised(msgspec.Struct):
    backend: _Backend | None = None


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one backend, and the environment its defaults come from. A null counts as not set."""

    type: str
    values: Object
    environment: Mapping[str, str]
    position: Position | None = None

    def text(self, name: str, *variables: str) -> str | None:
        """An argument, or the first of the variables that is set.

        Raises:
            BackendError: the argument is no text, or cannot be told without Terraform.
        """
        value = self.values.get(name)
        if value is None:
            return next((self.environment[variable] for variable in variables if self.environment.get(variable)), None)
        return self._checked(name, value)

    def required(self, name: str, *variables: str) -> str:
        """An argument that the backend cannot do without.

        Raises:
            BackendError: it is not set.
        """
        value = self.text(name, *variables)
        if not value:
            hint = "set it in the block, in `backend_config`, or run `terraform init -backend-config=…`"
            raise BackendError(f"the {self.type} backend has no {name}", hint=hint, position=self.position)
        return value

    def flag(self, name: str, *variables: str) -> bool:
        """An argument that is true or false; false where it is not set.

        Raises:
            BackendError: it is neither.
        """
        value = self.values.get(name)
        if value is None:
            value = self.text(name, *variables)
        if value in (None, False, "false", "0", ""):
            return False
        if value in (True, "true", "1"):
            return True
        raise self._wrong(name, "true or false")

    def number(self, name: str, default: float, *variables: str) -> float:
        """An argument that is a number, not negative.

        Raises:
            BackendError: it is none.
        """
        value = self.values.get(name)
        if value is None:
            value = self.text(name, *variables)
        try:
            number = default if value is None else float(value)
        except (TypeError, ValueError):
            number = -1
        if not 0 <= number < 1e9:
            raise self._wrong(name, "a number from 0")
        return number

    def table(self, name: str) -> Arguments:
        """An argument that is an object, or a block that stands once; empty where it is not set.

        Raises:
            BackendError: it is something else.
        """
        value = self.values.get(name)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if value is not None and not isinstance(value, Mapping):
            raise self._wrong(name, "an object")
        return Arguments(f"{self.type} {name}", value or {}, {}, self.position)

    def has(self, *names: str) -> bool:
        """Whether one of the arguments is set."""
        return any(self.values.get(name) not in (None, "", [], {}) for name in names)

    def _checked(self, name: str, value: Value) -> str:
        if value is UNKNOWN:
            hint = "a backend's arguments are literals; or run `terraform init`, which keeps them"
            raise BackendError(f"the {self.type} backend's {name} cannot be told", hint=hint, position=self.position)
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        return value

    def _wrong(self, name: str, expected: str) -> BackendError:
        return BackendError(f"the {self.type} backend's {name} must be {expected}", position=self.position)


def complete(
    block: BackendBlock, *, folder: Path, environment: Mapping[str, str], config: Object | None = None
) -> Arguments:
    """The arguments of a block with those of partial configuration.

    Args:
        block: from the template.
        folder: the template's.
        environment: the variables that Terraform would see.
        config: what ``-backend-config`` would give; goes before the block, as in Terraform.

    Returns:
        what ``terraform init`` kept in the folder, overlaid with the block, overlaid with ``config``.
    """
    written = {name: value for name, value in block.values.items() if value is not None}
    kept = _kept(folder, environment, block.type)
    known = {name: value for name, value in written.items() if not (value is UNKNOWN and name in kept)}
    return Arguments(block.type, {**kept, **known, **(config or {})}, environment, block.position)


def data_folder(folder: Path, environment: Mapping[str, str]) -> Path:
    """Where Terraform keeps what belongs to a working folder: ``.terraform`` or ``TF_DATA_DIR``."""
    return folder / (environment.get("TF_DATA_DIR") or ".terraform")


def _kept(folder: Path, environment: Mapping[str, str], type_: str) -> dict[str, Value]:
    """The arguments that the last ``terraform init`` here was given; none of another backend's."""
    try:
        text = (data_folder(folder, environment) / "terraform.tfstate").read_bytes()
        backend = msgspec.json.decode(text, type=_Initialised).backend
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}  # not initialised, or by something else: the block alone counts, and says what it lacks
    return backend.config if backend and backend.type == type_ else {}
