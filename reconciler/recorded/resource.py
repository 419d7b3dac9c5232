"""One entry of a state's ``resources``: a resource with all its instances."""

from __future__ import annotations

import base64
import re
from functools import lru_cache

import msgspec

from reconciler.drift.address import Address, Key, ModulePath, ModuleStep, ProviderAddress
from reconciler.drift.snapshot import RecordedInstance
from reconciler.recorded.sensitive import StepJson, read_paths
from reconciler.recorded.strict_json import Piece

_NAME = re.compile(r"[\w-]+")
# The source becomes a folder's name in a provider mirror: no step may be "..".
_SOURCE = re.compile(r"\w[\w.-]*(:\d+)?(/\w[\w-]*){2}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MAX_KEY = 10**18  # an address with a greater one could not be read back
_MAX_VERSION = 2**63


class _Resource(msgspec.Struct, frozen=True, gc=False):
    mode: str
    type: str
    name: str
    provider: str
    module: str | None = None
    instances: list[msgspec.Raw] | None = None


class _Instance(msgspec.Struct, frozen=True, gc=False):
    index_key: int | str | None = None
    status: str | None = None
    deposed: str | None = None
    schema_version: int = 0
    attributes: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    attributes_flat: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    sensitive_attributes: list[list[StepJson]] | None = None
    private: str | None = None
    dependencies: list[str] | None = None


_resource = msgspec.json.Decoder(_Resource)
_instance = msgspec.json.Decoder(_Instance)


def read_resource(piece: Piece) -> list[RecordedInstance]:
    """The managed instances of a resource, none of a data source.

    Raises:
        StateError: a field is missing, of the wrong type, or says something that Terraform never does.
    """
    resource = piece.read(_resource)
    if resource.mode not in ("managed", "data"):
        raise piece.error("expected managed or data", field=".mode")
    for field, text in ((".type", resource.type), (".name", resource.name)):
        if not _NAME.fullmatch(text):
            raise piece.error("expected a name", field=field)
    module = _module(resource.module)
    if module is None:
        raise piece.error("expected the address of a module instance", field=".module")
    provider = _provider(resource.provider)
    if provider is None:
        raise piece.error("expected the address of a provider configuration", field=".provider")
    address = Address(resource.type, resource.name, None, module)
    elements = [piece.inside(text, f".instances[{i}]") for i, text in enumerate(resource.instances or ())]
    colons = sum(element.check() for element in elements)
    if bytes(piece.text).count(b":") != colons + _own_colons(resource):
        # A repeated key, or only a field that is not read: the exact check tells.
        for name, part in piece.members().items():
            if name != "instances":
                part.check()
    instances = [_read_instance(element, address, provider) for element in elements]
    return instances if resource.mode == "managed" else []


def _own_colons(resource: _Resource) -> int:
    """How many colons the text of a resource holds outside of its instances, if it has no field but those read."""
    texts = [text for text in (resource.mode, resource.type, resource.name, resource.provider, resource.module) if text]
    return len(texts) + sum(text.count(":") for text in texts) + (resource.instances is not None)


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
    plain = _SOURCE.fullmatch(provider.source) and _NAME.fullmatch(provider.alias or "_")
    return provider if plain and all(_is_plain(step) for step in provider.module) else None


def _read_instance(piece: Piece, resource: Address, provider: ProviderAddress) -> RecordedInstance:
    instance = piece.read(_instance)
    if instance.status not in (None, "", "tainted"):
        raise piece.error("expected nothing or tainted", field=".status")
    if not 0 <= instance.schema_version < _MAX_VERSION:
        raise piece.error("expected a version number", field=".schema_version")
    return RecordedInstance(
        address=Address(resource.type, resource.name, _key(piece, instance.index_key), resource.module),
        provider=provider,
        schema_version=instance.schema_version,
        attributes=_attributes(piece, instance, resource),
        private=_private(piece, instance.private or ""),
        sensitive_paths=read_paths(piece, instance.sensitive_attributes or []),
        dependencies=tuple(instance.dependencies or ()),
        tainted=instance.status == "tainted",
        deposed=instance.deposed or None,
    )


def _key(piece: Piece, key: Key) -> Key:
    if isinstance(key, int) and not 0 <= key < _MAX_KEY:
        raise piece.error("expected a text or a number from 0", field=".index_key")
    return key


def _attributes(piece: Piece, instance: _Instance, resource: Address) -> bytes:
    if instance.attributes is not msgspec.UNSET:
        text = bytes(instance.attributes)
        if not text.startswith(b"{"):
            raise piece.error("expected an object", field=".attributes")
        return text
    if instance.attributes_flat is not msgspec.UNSET:
        hint = "open it once with Terraform 0.13 or newer: `terraform apply -refresh-only` writes them anew"
        raise piece.error(f"{resource} has its attributes in the form of Terraform 0.11", hint=hint)
    return b"{}"  # Terraform takes it as an object without attributes too


def _private(piece: Piece, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise piece.error("expected base64", field=".private") from error
