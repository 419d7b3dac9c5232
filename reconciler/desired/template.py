"""A folder of Terraform configuration read into the desired side of a comparison."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.desired import resources
from reconciler.desired.assets import keep_assets
from reconciler.desired.disk import Disk
from reconciler.desired.expressions.evaluate import Budget
from reconciler.desired.files import Files
from reconciler.desired.module import Module, read_module
from reconciler.desired.module_tree import Loader, ModuleNode, read_manifest
from reconciler.desired.provider_blocks import provider_block
from reconciler.desired.providers import Resolver, implied_name
from reconciler.desired.scope import ModuleScope, Reading, instances_of
from reconciler.desired.settings import backend, locked_versions, required_version
from reconciler.desired.variables import RootVariables
from reconciler.drift.snapshot import DeclaredResource, Move, ProviderBlock, ProviderRequirement, Template
from reconciler.drift.values import Value
from reconciler.errors import Position, ReconcilerError, TemplateError


def read_template(
    folder: Path,
    *,
    variables: Mapping[str, Value] | None = None,
    var_files: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
    workspace: str = "default",
    modules: Path | None = None,
    backend_config: Mapping[str, Value] | None = None,
) -> Template:
    """Read a root module with all that it calls. Nothing is written, fetched or run.

    Args:
        folder: the root module.
        variables: values of input variables that win over all others. A string for a variable that is no
            string is an HCL expression, as on Terraform's command line.
        var_files: variable files beside those that Terraform finds itself, relative to the folder; later ones win.
        environment: where ``TF_VAR_…`` are looked up.
        workspace: what ``terraform.workspace`` is.
        modules: a data directory of our own (``TF_DATA_DIR``) with installed modules.
        backend_config: what ``terraform init -backend-config`` would be given.

    Returns:
        Everything that could be read. What could not be is in ``problems``.

    Raises:
        TemplateError: the folder is missing, cannot be listed, or holds no configuration.
    """
    files = Files(folder)
    root_module = _root_module(folder, files)
    problems: list[ReconcilerError] = []
    budget = Budget()
    root_variables = RootVariables(folder, root_module, problems, budget, files)
    given = root_variables.read(environment or {}, var_files, variables or {})
    installed = read_manifest(folder, modules, problems)
    loader = Loader(files, installed, problems)
    tree = loader.root(root_module)
    disk = Disk(files, tree)
    reading = Reading(folder, workspace, root_variables.values, problems, budget, disk)
    root = ModuleScope(reading, tree)
    locked = locked_versions(folder, files)
    resolver = Resolver()
    found = _Found(root, resolver, problems)
    for node in tree.walk():
        found.add(node)
    keep_assets(root, disk)
    problems += [*root_module.problems, *files.problems]
    return Template(
        path=str(folder),
        digest=files.digest(),
        files=dict(sorted(files.texts.items())),
        assets=dict(sorted(files.assets.items())),
        left_out=dict(sorted(files.left_out.items())),
        resources=tuple(found.resources),
        providers=tuple(found.providers),
        requirements=_requirements(tree, resolver),
        locked=locked,
        backend=backend(root_module, root, budget, backend_config or {}),
        required_version=required_version(root_module),
        moves=tuple(found.moves),
        imports=tuple(resources.imports(root)),
        removed=tuple(found.removed),
        variables=given,
        problems=tuple(sorted(set(problems), key=_order)),
    )


def _order(problem: ReconcilerError) -> tuple[str, int, int, str]:
    at = problem.position
    return (at.file, at.line or 0, at.column or 0, problem.message) if at else ("", 0, 0, problem.message)


def _root_module(folder: Path, files: Files) -> Module:
    position = Position(str(folder))
    try:
        module = read_module(folder, files)
    except FileNotFoundError as error:
        raise TemplateError("the folder does not exist", hint="check the path", position=position) from error
    except NotADirectoryError as error:
        raise TemplateError("not a folder", hint="name the folder of the root module", position=position) from error
    except OSError as error:
        message = f"the folder cannot be read: {os.strerror(error.errno or 0)}"
        raise TemplateError(message, hint="check its permissions", position=position) from error
    if not files.texts and not files.problems:
        message = "no Terraform configuration in this folder"
        raise TemplateError(message, hint="name a folder with .tf or .tf.json files", position=position)
    return module


class _Found:
    """Collects what the modules declare, the root's first."""

    def __init__(self, root: ModuleScope, resolver: Resolver, problems: list[ReconcilerError]) -> None:
        self.resources: list[DeclaredResource] = []
        self.providers: list[ProviderBlock] = []
        self.moves: list[Move] = []
        self.removed: list[str] = []
        self._root = root
        self._resolver = resolver
        self._problems = problems

    def add(self, node: ModuleNode) -> None:
        """Take what one module call declares."""
        self.resources += resources.declared(self._root, node, self._resolver, self._problems)
        scopes = instances_of(self._root, node)
        self.moves += resources.moves(scopes, node)
        self.removed += resources.removed(scopes, node)
        # Terraform allows no provider block in a module with count or for_each, so one instance stands for all.
        scope = scopes[0] if scopes else None
        if scope is not None:
            for (name, alias), block in node.module.all("provider").items():
                self.providers.append(provider_block(scope, self._resolver, (name, alias or None), block))


def _requirements(tree: ModuleNode, resolver: Resolver) -> dict[str, ProviderRequirement]:
    """The providers of all modules by the root's local names, the constraints of all modules joined.

    A name that another module gives to another provider is told by its full source.
    """
    by_source: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for node in tree.walk():
        used = {name: required.source for name, required in resolver.requirements(node).items()}
        for type_, _ in [*node.module.all("resource"), *node.module.all("data")]:
            used.setdefault(implied_name(type_), resolver.source(node, implied_name(type_)))
        for name, source in used.items():
            required = resolver.requirements(node).get(name)
            constraints = by_source.setdefault(source, [])
            if required is not None and required.constraint and required.constraint not in constraints:
                constraints.append(required.constraint)
            if source not in names:
                names[source] = source if name in names.values() else name
    return {
        names[source]: ProviderRequirement(source, ", ".join(constraints) or None)
        for source, constraints in by_source.items()
    }
