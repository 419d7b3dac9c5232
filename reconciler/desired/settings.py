"""The ``terraform`` block of the root module and the dependency lock file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.desired.expressions.evaluate import Budget, Scope, evaluate
from reconciler.desired.expressions.values import plain
from reconciler.desired.files import Files
from reconciler.desired.module import Declaration, Module, literal
from reconciler.desired.parse import parse_hcl
from reconciler.desired.source import LOCK_FILE
from reconciler.desired.syntax import Content
from reconciler.drift.snapshot import BackendBlock
from reconciler.drift.values import Value


def required_version(module: Module) -> str | None:
    """The constraint on Terraform's version; of several all must hold, so they are joined."""
    texts: list[str] = []
    for settings in module.settings:
        expression = settings.expression("required_version")
        text = literal(expression) if expression else None
        if isinstance(text, str):
            texts.append(text)
    return ", ".join(texts) or None


def backend(module: Module, scope: Scope, budget: Budget, configuration: Mapping[str, Value]) -> BackendBlock:
    """The ``backend`` or ``cloud`` block with the partial configuration laid over; ``local`` where there is none.

    A later block, an override file's, replaces an earlier one.
    """
    found: tuple[str, Content, Declaration] | None = None
    for settings in module.settings:
        for block in settings.content.blocks("backend", 1):
            found = (block.labels[0], block.content, Declaration(block, settings.file))
        for block in settings.content.blocks("cloud"):
            found = ("cloud", block.content, Declaration(block, settings.file))
    if found is None:
        return BackendBlock("local", dict(configuration))
    type_, content, declaration = found
    return BackendBlock(type_, {**_values(content, scope, budget), **configuration}, declaration.position)


def _values(content: Content, scope: Scope, budget: Budget) -> dict[str, Value]:
    values: dict[str, Value] = {
        name: plain(evaluate(attribute.expression.node, scope, budget))
        for name, attribute in content.attributes.items()
        if not attribute.expression.is_null
    }
    for name, nested in content.nested.items():
        if name not in values:
            values[name] = [_values(block.content, scope, budget) for block in nested.blocks()]
    return values


def locked_versions(folder: Path, files: Files) -> dict[str, str]:
    """The provider versions that ``terraform init`` has chosen, by source. No lock file: none."""
    path = folder / LOCK_FILE
    if not path.exists() and not path.is_symlink():
        return {}
    file = files.read(path)
    if file is None:
        return {}
    parsed = parse_hcl(file.text)
    files.problems += [fault.within(file.name) for fault in parsed.faults]
    locked: dict[str, str] = {}
    for block in parsed.blocks:
        expression = block.content.expression("version")
        version = literal(expression) if expression else None
        if block.type == "provider" and len(block.labels) == 1 and isinstance(version, str):
            locked[block.labels[0]] = version
    return locked
