"""The one tree of errors. Every fault a user can meet is one of these, with a hint and an exit code.

    ReconcilerError            exit 1
    ├── ConfigError            the configuration file
    ├── TemplateError          a template or variable file
    ├── StateError             a state file, or what a backend returned
    ├── BackendError           the place where state is kept
    ├── ProviderError          a Terraform provider: missing, of another version, crashed, talking nonsense
    ├── CloudError             AWS itself, asked by us
    │   └── ForeignAccountError    the credentials are of another account
    ├── DatabaseError          PostgreSQL
    ├── TerraformError         the terraform command
    ├── VaultError             keys and sealed values
    ├── BusyError              somebody else is at it
    └── CutOffError            the user or the system ended the work

A foreign exception is translated where it enters (``raise … from``). A *refusal* is a value, not an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file. Lines and columns count from 1; a column counts characters, not bytes."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """``file``, ``file:line`` or ``file:line:column``."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class ReconcilerError(Exception):
    """Something failed."""

    exit_code: ClassVar[int] = 1

    def __init__(
        self, message: str | None = None, *, hint: str | None = None, position: Position | None = None
    ) -> None:
        """Take one line for the user; without a message the class docstring is the message.

        Args:
            message: one line, without a secret and without an offending value.
            hint: what to do about it, one line.
            position: where in a file, if in a file.
        """
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.hint = hint
        self.position = position
        super().__init__(self.message)

    def __str__(self) -> str:
        """``position: message``."""
        return f"{self.position}: {self.message}" if self.position else self.message


class ConfigError(ReconcilerError):
    """The configuration is not valid."""


class TemplateError(ReconcilerError):
    """The template cannot be read."""


class StateError(ReconcilerError):
    """The state is not one we can read."""


class BackendError(ReconcilerError):
    """The state backend does not answer."""


class ProviderError(ReconcilerError):
    """The Terraform provider failed."""


class CloudError(ReconcilerError):
    """AWS refused the request."""


class ForeignAccountError(CloudError):
    """The credentials are of another account than the environment's."""


class DatabaseError(ReconcilerError):
    """The database does not answer."""


class TerraformError(ReconcilerError):
    """Terraform failed."""


class VaultError(ReconcilerError):
    """A sealed value does not open."""


class BusyError(ReconcilerError):
    """Another pass of this workspace is running."""


class CutOffError(ReconcilerError):
    """The work was cut off before it was done."""

    exit_code: ClassVar[int] = 130
