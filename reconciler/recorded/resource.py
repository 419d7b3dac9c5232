"""One entry of a state's ``resources``: a resource with all its instances."""

from __future__ import annotations

import base64
import re
from functools import lru_cache

import msgspec

from reconciler.drift.address import Address, ModulePath, ModuleStep, ProviderAddress
from reconciler.drift.snapshot import RecordedInstance
from reconciler.drift.values import Path
from reconciler.errors import StateError
from reconciler.recorded.sensitive import StepJson, read_path
from reconciler.recorded.strict_json import Piece

_NAME = re.compile(r"[\w-]+")
# The source becomes a folder's name in a provider mirror: no step may be "..".
_SOURCE = re.compile(r"\w[\w.-]*(:\d+)?(/\w[\w-]*){2}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MAX_KEY = 10**18  # an address with a greater one could not be read back
_MAX_VERSION = 2**63


class _Instance(msgspec.Struct, frozen=True, gc=False):
    index_key: int | str | None = None
    status: str | None = None
    deposed: str | None = None
    schema_version: int = 0
    attributes: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    attributes_flat: dict[str, str] | None = None
    sensitive_attributes: list[list[StepJson]] | None = None
    private: str | None = None
    dependencies: list[str] | None = None
    provider: str | None = None


class _Resource(msgspec.Struct, frozen=True, gc=False):
    mode: str
    type: str
    name: str
    provider: str | None = None
    module: str | None = None
    instances: list[_Instance] | None = None


_resource = msgspec.json.Decoder(_Resource)
_instance = msgspec.json.Decoder(_Instance)


def check_resource(piece: Piece) -> None:
    """Look for what makes a resource ambiguous, part by part.

    Raises:
        StateError: see :meth:`Piece.check`.
    """
    for name, part in piece.members().items():
        for element in part.items() if name == "instances" else [part]:
            element.check()


def read_resource(piece: Piece) -> list[RecordedInstance]:
    """The managed instances of a resource, none of a data source.

    Raises:
        StateError: a field is missing, of the wrong type, or says something that Terraform never does.
    """
    try:
        resource = piece.read(_resource)
    except StateError:
        for element in _elements(piece):
            element.read(_instance)  # the same error, at the instance's line
        raise
    if resource.mode not in ("managed", "data"):
        raise piece.error("expected managed or data", field=".mode")
    for field, text in ((".type", resource.type), (".name", resource.name)):
        # In an address, what follows "module" is a module's name.
        if not _NAME.fullmatch(text) or (field == ".type" and text == "module"):
            raise piece.error("expected a name", field=field)
    module = _module(resource.module)
    if module is None:
        raise piece.error("expected the address of a module instance", field=".module")
    provider = _provider(resource.provider) if resource.provider else None
    keyed = provider is not None and provider.key is not None  # OpenTofu writes a key with an instance only
    missing = provider is None and (resource.provider is not None or not _each_has_one(resource))
    if keyed or missing:
        raise piece.error("expected the address of a provider configuration", field=".provider")
    address = Address(resource.type, resource.name, None, module)
    instances: list[RecordedInstance] = []
    for index, instance in enumerate(resource.instances or ()):
        try:
            instances.append(_read_instance(instance, address, provider))
        except _Unexpected as error:
            element = _elements(piece)[index]
            raise element.error(error.message, field=error.field, hint=error.hint) from error.__cause__
    return instances if resource.mode == "managed" else []


def _each_has_one(resource: _Resource) -> bool:
    """OpenTofu writes the provider with each instance where its configuration has ``for_each``."""
    return bool(resource.instances) and all(instance.provider for instance in resource.instances or ())


def _elements(piece: Piece) -> list[Piece]:
    """A resource's instances one by one. Only for errors: it reads the resource again."""
    instances = piece.members().get("instances")
    return instances.items() if instances else []


class _Unexpected(Exception):  # noqa: N818  it never leaves this module
    """A field of an instance says what Terraform never does. The place is found where it is caught."""

    def __init__(self, message: str, field: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.field, self.hint = message, field, hint


# Few texts stand in thousands of resources. A result of None stands for a malformed one, without the ValueError,
# which quotes it.
@lru_cache(maxsize=4096)
def _module(text: str | None) -> ModulePath | None:
    if not text:
        return ()
    try:
        address = Address.parse(f"{text}.type.name")
    except ValueError:
        return None
    # "module.a.data" would have turned the address into a data source's.
    whole = address == Address("type", "name", None, address.module)
    return address.module if whole and all(_is_plain(step) for step in address.module) else None


def _is_plain(step: ModuleStep) -> bool:
    """Whether a step can be stored. Its key is text within a text, with escapes of its own."""
    if not _NAME.fullmatch(step.name):
        return False
    return not isinstance(step.key, str) or not ("\0" in step.key or _SURROGATE.search(step.key))


@lru_cache(maxsize=256)
def _provider(text: str) -> ProviderAddress | None:
    try:
        provider = ProviderAddress.parse(text)
    except ValueError:
        return None
    plain = _SOURCE.fullmatch(provider.source) and _is_plain(ModuleStep(provider.alias or "_", provider.key))
    return provider if plain and all(_is_plain(step) for step in provider.module) else None


def _read_instance(instance: _Instance, resource: Address, shared: ProviderAddress | None) -> RecordedInstance:
    provider = _provider(instance.provider) if instance.provider else shared
    if provider is None:
        raise _Unexpected("expected the address of a provider configuration", ".provider")
    if instance.status not in (None, "", "tainted"):
        raise _Unexpected("expected nothing or tainted", ".status")
    if not 0 <= instance.schema_version < _MAX_VERSION:
        raise _Unexpected("expected a version number", ".schema_version")
    key = instance.index_key
    if isinstance(key, int) and not 0 <= key < _MAX_KEY:
        raise _Unexpected("expected a text or a number from 0", ".index_key")
    return RecordedInstance(
        address=Address(resource.type, resource.name, key, resource.module),
        provider=provider,
        schema_version=instance.schema_version,
        attributes=_attributes(instance),
        private=_private(instance.private),
        sensitive_paths=_sensitive_paths(instance.sensitive_attributes),
        dependencies=tuple(instance.dependencies or ()),
        tainted=instance.status == "tainted",
        deposed=instance.deposed or None,
        flat=_is_flat(instance),
    )


def _is_flat(instance: _Instance) -> bool:
    return instance.attributes is msgspec.UNSET and instance.attributes_flat is not None


def _attributes(instance: _Instance) -> bytes:
    if instance.attributes is not msgspec.UNSET:
        text = bytes(instance.attributes)
        if not text.startswith(b"{"):
            raise _Unexpected("expected an object", ".attributes")
        return text
    # Neither: Terraform takes it as an object without attributes too.
    return msgspec.json.encode(instance.attributes_flat or {})


def _private(text: str | None) -> bytes:
    if not text:
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise _Unexpected("expected base64", ".private") from error


def _sensitive_paths(paths: list[list[StepJson]] | None) -> tuple[Path, ...]:
    if not paths:
        return ()
    found: list[Path] = []
    for number, steps in enumerate(paths):
        path = read_path(steps)
        if path is None:
            raise _Unexpected("expected a path of attributes and indexes", f".sensitive_attributes[{number}]")
        found.append(path)
    return tuple(found)
