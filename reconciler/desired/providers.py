"""Which provider configuration a resource uses.

Rules: https://developer.hashicorp.com/terraform/language/modules/develop/providers
"""

from __future__ import annotations

from typing import Final

from reconciler.desired.expressions import nodes
from reconciler.desired.module import Declaration, Module, literal
from reconciler.desired.module_tree import ModuleNode
from reconciler.desired.syntax import Expression
from reconciler.drift.address import ModulePath, ModuleStep, ProviderAddress
from reconciler.drift.snapshot import ProviderRequirement

HOST: Final = "registry.terraform.io"
_BUILT_IN: Final = "terraform.io/builtin/terraform"

LocalName = tuple[str, str | None]
"""A provider configuration as a module calls it: local name and alias."""


def full_source(source: str) -> str:
    """``aws`` and ``hashicorp/aws`` as ``registry.terraform.io/hashicorp/aws``."""
    parts = source.lower().split("/")
    return "/".join([HOST, "hashicorp"][: 3 - len(parts)] + parts)


def requirements(module: Module) -> dict[str, ProviderRequirement]:
    """What ``required_providers`` of a module say, by local name; a later block, an override, wins by name."""
    found: dict[str, ProviderRequirement] = {}
    for settings in module.settings:
        for block in settings.content.blocks("required_providers"):
            for name, attribute in block.content.attributes.items():
                source, constraint = _requirement(attribute.expression)
                found[name] = ProviderRequirement(full_source(source or name), constraint)
    return found


def _requirement(expression: Expression) -> tuple[str | None, str | None]:
    members = expression.members
    if members is None:  # as Terraform 0.12 wrote it: aws = "~> 2.0"
        version = literal(expression)
        return None, version if isinstance(version, str) else None
    source, version = (literal(members[key]) if key in members else None for key in ("source", "version"))
    return source if isinstance(source, str) else None, version if isinstance(version, str) else None


def implied_name(type_: str) -> str:
    """The local name of the provider that a resource type belongs to."""
    return type_.split("_", 1)[0]


class Resolver:
    """Finds the configuration behind a local name, up through the calls of the modules."""

    def __init__(self) -> None:
        self._requirements: dict[int, dict[str, ProviderRequirement]] = {}

    def requirements(self, node: ModuleNode) -> dict[str, ProviderRequirement]:
        """``required_providers`` of a module."""
        key = id(node.module)
        if key not in self._requirements:
            self._requirements[key] = requirements(node.module)
        return self._requirements[key]

    def source(self, node: ModuleNode, name: str) -> str:
        """The full source of a local name."""
        required = self.requirements(node).get(name)
        if required is not None:
            return required.source
        return _BUILT_IN if name == "terraform" else full_source(name)

    def of_resource(self, node: ModuleNode, type_: str, declaration: Declaration) -> ProviderAddress | None:
        """The configuration of a resource; None where the template does not say which."""
        expression = declaration.expression("provider")
        if expression is None:
            return self.resolve(node, (implied_name(type_), None))
        name = local_name(expression.reference)
        return self.resolve(node, name) if name else None

    def resolve(self, node: ModuleNode, name: LocalName) -> ProviderAddress | None:
        """The configuration that a module calls by this name; None for an alias that nobody gives it."""
        source = self.source(node, name[0])
        at: ModuleNode = node
        while True:
            local, alias = name
            if at.parent is None or at.call is None or at.module.get("provider", local, alias or "") is not None:
                known = alias is None or at.module.get("provider", local, alias) is not None
                return ProviderAddress(source, alias, steps_of(at.path)) if known else None
            given = _given(at.call, name)
            if given is not None:
                name = given
            elif alias is not None:
                return None
            else:
                name = (self._name_of(at.parent, source, local), None)
            at = at.parent

    def _name_of(self, node: ModuleNode, source: str, default: str) -> str:
        """What a module calls a provider: a default configuration is inherited by source, not by name."""
        for name, required in self.requirements(node).items():
            if required.source == source:
                return name
        return default


def steps_of(path: tuple[str, ...]) -> ModulePath:
    """The path of a call as an address without keys."""
    return tuple(ModuleStep(name) for name in path)


def _given(call: Declaration, name: LocalName) -> LocalName | None:
    """What the ``providers`` argument of a call gives for a name."""
    expression = call.expression("providers")
    for key, value in (expression.members or {}).items() if expression else ():
        local, _, alias = key.partition(".")
        if (local.strip(), alias.strip() or None) == name:
            return local_name(value.reference)
    return None


def local_name(node: nodes.Node) -> LocalName | None:
    """``aws`` or ``aws.west`` from an expression."""
    match node:
        case nodes.Name(name):
            return name, None
        case nodes.GetAttribute(nodes.Name(name), alias):
            return name, alias
        case _:
            return None
