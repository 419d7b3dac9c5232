"""The tree of module calls: which folder each call means, without asking a registry or writing a file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.desired.files import Files
from reconciler.desired.module import Declaration, Module, literal, read_module
from reconciler.desired.source import can_be_looked_at, relative
from reconciler.errors import Position, ReconcilerError, TemplateError

DEPTH: Final = 30
"""Calls inside calls that are followed."""

CALLS: Final = 5_000
"""Calls in one template that are followed."""

_INIT = "run terraform init"
_MANIFEST_LIMIT = 5_000_000


@dataclass(slots=True)
class ModuleNode:
    """A module call, or with an empty ``path`` the root module. ``module`` is None where it cannot be read."""

    path: tuple[str, ...]
    module: Module
    call: Declaration | None = None
    parent: ModuleNode | None = None
    children: dict[str, ModuleNode] = field(default_factory=dict)

    def walk(self) -> Iterator[ModuleNode]:
        """This one and all below, a parent before its children."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.children.values()))


@dataclass(slots=True)
class Loader:
    """Reads the modules of one template. Each folder is read once."""

    files: Files
    installed: Mapping[str, tuple[str, Path]]
    problems: list[ReconcilerError] = field(default_factory=list)
    _modules: dict[Path, Module | None] = field(default_factory=dict)
    _calls: int = 0

    def root(self, module: Module) -> ModuleNode:
        """The tree below the root module."""
        node = ModuleNode((), module)
        self._modules[_resolved(module.folder)] = module
        pending = [node]
        while pending:
            pending.extend(self._children(pending.pop()))
        return node

    def _children(self, node: ModuleNode) -> list[ModuleNode]:
        for (name,), call in node.module.all("module").items():
            self._calls += 1
            position = call.position
            if self._calls > CALLS:
                self.problems.append(_problem(f"more than {CALLS} module calls", "split the template", position))
                return []
            folder = self._folder(node, name, call)
            if folder is None:
                continue
            if len(node.path) >= DEPTH or self._is_recursive(node, folder):
                self.problems.append(_problem("a module that calls itself", "remove the call", position))
                continue
            module = self._module(folder, position)
            if module is not None:
                node.children[name] = ModuleNode((*node.path, name), module, call, node)
        return list(node.children.values())

    def _module(self, folder: Path, position: Position) -> Module | None:
        key = _resolved(folder)
        if key not in self._modules:
            try:
                module = read_module(folder, self.files)
            except OSError:
                self._modules[key] = None
                self.problems.append(_problem("the folder of the module is missing or unreadable", _INIT, position))
            else:
                self._modules[key] = module
                self.problems += module.problems
        return self._modules[key]

    @staticmethod
    def _is_recursive(node: ModuleNode, folder: Path) -> bool:
        above: ModuleNode | None = node
        while above is not None:
            if _resolved(above.module.folder) == _resolved(folder):
                return True
            above = above.parent
        return False

    def _folder(self, node: ModuleNode, name: str, call: Declaration) -> Path | None:
        expression = call.expression("source")
        source = literal(expression) if expression else None
        if not isinstance(source, str):
            self.problems.append(_problem("the module's source is not a plain string", None, call.position))
            return None
        if source.startswith(("./", "../")) or source in (".", ".."):
            return Path(os.path.normpath(node.module.folder / source))
        known = self.installed.get(".".join((*node.path, name)))
        if known is None:
            self.problems.append(_problem("the module is not installed", _INIT, call.position))
            return None
        if not _same_source(source, known[0]):
            self.problems.append(
                _problem("another module is installed here than the source says", _INIT, call.position)
            )
            return None
        return known[1]


def _problem(message: str, hint: str | None, position: Position) -> TemplateError:
    return TemplateError(message, hint=hint, position=position)


def _resolved(folder: Path) -> Path:
    return Path(os.path.realpath(folder))


def _same_source(written: str, installed: str) -> bool:
    """Whether the manifest's source is the one in the call. Only registry sources have one spelling to compare."""
    parts = written.split("//", 1)[0].split("/")
    if len(parts) not in (3, 4) or ":" in written or "?" in written or ("." in parts[0] and len(parts) == 3):
        return True
    return installed in (written, f"registry.terraform.io/{written}")


def read_manifest(folder: Path, data: Path | None, problems: list[ReconcilerError]) -> dict[str, tuple[str, Path]]:
    """What ``terraform init`` has installed: for each call's path its source and folder.

    Args:
        folder: the template's folder.
        data: a data directory of our own, as ``TF_DATA_DIR`` names one; it goes first.
        problems: gets a manifest that cannot be read.
    """
    for place in (data, folder / ".terraform"):
        if place is None:
            continue
        manifest = place / "modules" / "modules.json"
        try:
            if not manifest.is_file() or manifest.stat().st_size > _MANIFEST_LIMIT:
                continue
            content = json.loads(manifest.read_bytes())
            entries = [(entry["Key"], entry["Source"], entry["Dir"]) for entry in content["Modules"]]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            position = Position(relative(manifest, folder))
            problems.append(_problem("the manifest of installed modules cannot be read", _INIT, position))
            continue
        return {
            str(key): (str(source), _installed_folder(folder, place, Path(str(where))))
            for key, source, where in entries
        }
    return {}


def _installed_folder(folder: Path, data: Path, where: Path) -> Path:
    # Terraform writes the path as seen from where it ran; a data directory of ours may have moved since.
    if can_be_looked_at(folder / where) and (folder / where).is_dir():
        return Path(os.path.normpath(folder / where))
    parts = where.parts
    if "modules" in parts:
        return data.joinpath(*parts[parts.index("modules") :])
    return folder / where
