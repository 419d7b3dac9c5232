"""What each side says at one moment: the values that adapters make and the comparison reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from reconciler.drift.address import Address, ProviderAddress
from reconciler.drift.schema import Schema
from reconciler.drift.values import Object, Path, Value
from reconciler.errors import Position, ReconcilerError

# --- desired ----------------------------------------------------------------------------------------

ALL: Final = "all"
"""``ignore_changes = all``."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a block in a template sets, without its values.

    ``attributes`` are the names written as ``name = …`` (a literal ``null`` sets nothing and is left out).
    ``blocks`` are the nested blocks by type, all of one type merged, the content of ``dynamic`` included.
    In JSON syntax an object may be either: it stands in both.
    """

    attributes: frozenset[str] = frozenset()
    blocks: Mapping[str, Body] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeclaredResource:
    """A ``resource`` block.

    ``address`` has no key, nor have its module steps. ``instances`` are the full addresses that ``count`` and
    ``for_each``, here and in the calls of the modules around, make of it; None where they cannot be told
    without asking the cloud or Terraform.
    """

    address: Address
    position: Position
    body: Body
    instances: tuple[Address, ...] | None
    ignore_changes: tuple[Path, ...] | Literal["all"] = ()
    provider: ProviderAddress | None = None
    prevent_destroy: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A ``moved`` block: state may still hold the old address."""

    source: str
    target: str
    position: Position


@dataclass(frozen=True, slots=True)
class ProviderRequirement:
    """An entry of ``required_providers`` or what a resource type implies. ``constraint`` is Terraform's text."""

    source: str
    constraint: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderBlock:
    """A ``provider`` block, its values resolved as far as they can be without Terraform.

    ``values`` maps arguments to values and nested blocks to lists of objects; an argument that needs
    Terraform to be resolved is ``UNKNOWN`` there and stands as an HCL expression in ``unresolved`` under its path.
    """

    address: ProviderAddress
    position: Position
    values: Object
    unresolved: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BackendBlock:
    """The ``backend`` block of the root module (``type`` ``local`` where there is none), with its arguments."""

    type: str
    values: Object
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """An input variable of the root module with the value it has in this workspace. UNKNOWN where none is given."""

    name: str
    value: Value
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """The desired side: a folder of IaC, read whole.

    ``problems`` are the files or blocks that could not be read; the rest is there. While there is one,
    nothing can be said about what the template does *not* declare.
    """

    path: str
    digest: str
    files: Mapping[str, str]
    resources: tuple[DeclaredResource, ...]
    providers: tuple[ProviderBlock, ...] = ()
    requirements: Mapping[str, ProviderRequirement] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)
    backend: BackendBlock | None = None
    required_version: str | None = None
    moves: tuple[Move, ...] = ()
    imports: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    problems: tuple[ReconcilerError, ...] = ()


# --- recorded ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordedInstance:
    """A managed object in the state.

    ``attributes`` is the JSON text of the state file, untouched, in ``schema_version``: only the provider
    can upgrade it. ``flat``: it is the flat map of texts that Terraform wrote before 0.12 (``"tags.%": "1"``), and has
    not been applied since. ``deposed`` is the key of an object that waits to be destroyed.
    """

    address: Address
    provider: ProviderAddress
    schema_version: int
    attributes: bytes = field(repr=False)
    private: bytes = field(default=b"", repr=False)
    sensitive_paths: tuple[Path, ...] = ()
    dependencies: tuple[str, ...] = ()
    tainted: bool = False
    deposed: str | None = None
    flat: bool = False

    @property
    def label(self) -> str:
        """The address, and for a deposed object its key: unique in a state."""
        return f"{self.address} (deposed {self.deposed})" if self.deposed else str(self.address)


@dataclass(frozen=True, slots=True)
class RecordedState:
    """The recorded side.

    ``serial`` is None where there is no state yet. ``lineage`` is empty there, and in a state made by hand.
    """

    instances: tuple[RecordedInstance, ...] = ()
    lineage: str = ""
    serial: int | None = None
    terraform_version: str | None = None
    location: str = ""


# --- observed ---------------------------------------------------------------------------------------


class Reason(StrEnum):
    """Why something could not be checked. The words are part of the report's contract."""

    DENIED = "denied"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    UNSUPPORTED = "unsupported"
    PROVIDER_ERROR = "provider_error"
    CONFIG_UNRESOLVED = "config_unresolved"


@dataclass(frozen=True, slots=True)
class Present:
    """The cloud holds it. Both sides are in the provider's current schema, unmasked."""

    instance: RecordedInstance
    schema: Schema
    recorded: Object
    observed: Object


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider says positively that the cloud does not hold it."""

    instance: RecordedInstance
    schema: Schema
    recorded: Object


@dataclass(frozen=True, slots=True)
class Unread:
    """Nothing is known. ``detail`` is one line without secrets."""

    instance: RecordedInstance
    reason: Reason
    detail: str


Reading: TypeAlias = Present | Absent | Unread


# --- inventory --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the inventory last held of a recorded resource, masked. ``status`` is the row's."""

    configuration: Object
    status: str = "active"
