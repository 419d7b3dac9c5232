"""What a backend is, and what it needs from other adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from reconciler.errors import BackendError

MAX_STATE_BYTES: Final = 1024**3
"""No more than this is taken from a backend, unless the caller says otherwise."""

DEFAULT_WORKSPACE: Final = "default"


class Backend(Protocol):
    """One state at one place."""

    @property
    def location(self) -> str:
        """How errors and reports name the place. Holds no secret."""

    def read(self) -> bytes | None:
        """The state file's content as it is now; None where there is none yet.

        Raises:
            BackendError: the place does not answer, refuses, or answers with more than the limit.
        """


@dataclass(frozen=True, slots=True)
class AssumeRole:
    """The role to take before reading."""

    arn: str
    external_id: str | None = None
    session_name: str | None = None


@dataclass(frozen=True, slots=True)
class S3Access:
    """How to reach S3. What is None comes from AWS's usual places: variables, files, instance metadata."""

    region: str | None = None
    endpoint_url: str | None = None
    sts_endpoint_url: str | None = None
    path_style: bool = False
    profile: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    credentials_file: str | None = None
    config_file: str | None = None
    assume_role: AssumeRole | None = None


class Objects(Protocol):
    """S3, as far as a state needs it."""

    def read(self, bucket: str, key: str, *, limit: int) -> bytes | None:
        """An object's content, at most ``limit + 1`` bytes of it; None where the bucket has no such key.

        Raises:
            CloudError: AWS refuses, has no such bucket, or does not answer.
        """


class StateRow(Protocol):
    """PostgreSQL, as far as a state needs it."""

    def __call__(self, conn_str: str, *, schema: str, table: str, name: str) -> str | None:
        """Column ``data`` of the row with that ``name``; None where there is no row, table or schema.

        ``conn_str`` may be empty: then libpq's variables say it all.

        Raises:
            DatabaseError: the database refuses or does not answer.
        """


@dataclass(frozen=True, slots=True)
class Clients:
    """What backends use of other adapters, which they do not import.

    ``pull`` is ``terraform state pull`` in the template's folder; it raises TerraformError.
    """

    s3: Callable[[S3Access], Objects]
    pg: StateRow
    pull: Callable[[], bytes]


def within(data: bytes, limit: int, location: str) -> bytes:
    """The data, if it is not more than the limit.

    Raises:
        BackendError: it is more.
    """
    if len(data) > limit:
        raise too_large(limit, location)
    return data


def too_large(limit: int, location: str) -> BackendError:
    """The error for more bytes than a state can have."""
    hint = "check that the place holds a state and nothing else"
    return BackendError(f"{location} holds more than {limit:,} bytes, too much for a state", hint=hint)
