"""Templates on disk for tests of the desired side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.desired.disk import Disk
from reconciler.desired.expressions.evaluate import Budget, Nothing, Scope, attempt, evaluate
from reconciler.desired.expressions.values import plain
from reconciler.desired.files import Files
from reconciler.desired.module import read_module
from reconciler.desired.module_tree import Loader
from reconciler.desired.parse import parse_hcl
from reconciler.desired.scope import ModuleScope, Reading
from reconciler.desired.template import read_template
from reconciler.desired.variables import RootVariables
from reconciler.drift.snapshot import DeclaredResource, Template
from reconciler.drift.values import Value
from reconciler.errors import ReconcilerError

FIXTURES = Path(__file__).parent.parent / "fixtures"


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files by their path under a folder, which is given back."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def read(folder: Path, text: str, **options: object) -> Template:
    """A template of one file."""
    return read_template(write(folder, {"main.tf": text}), **options)  # type: ignore[arg-type]


def resource(template: Template, address: str) -> DeclaredResource:
    """The declared resource of that address."""
    return next(each for each in template.resources if str(each.address) == address)


def told(template: Template) -> list[str]:
    """The problems as a user reads them."""
    return [str(problem) for problem in template.problems]


def instances(template: Template, address: str) -> list[str] | None:
    """The addresses of a resource's instances."""
    found = resource(template, address).instances
    return None if found is None else [str(each) for each in found]


def value_of(expression: str, scope: Scope | None = None, *, failing: bool = False) -> Value:
    """What an expression is worth without any names; with ``failing`` a failure is raised."""
    parsed = parse_hcl(f"value = {expression}\n")
    assert not parsed.faults, parsed.faults
    node = parsed.attributes["value"].expression.node
    work = attempt if failing else evaluate
    return work(node, scope or Nothing(), Budget())


def root_scope(folder: Path) -> tuple[ModuleScope, list[ReconcilerError]]:
    """The scope of a root module, and the problems met while it was read or is evaluated."""
    files = Files(folder)
    module = read_module(folder, files)
    variables = RootVariables(folder, module, files.problems, Budget(), files)
    variables.read({}, (), {})
    tree = Loader(files, {}, files.problems).root(module)
    reading = Reading(folder, "default", variables.values, files.problems, disk=Disk(files, tree))
    return ModuleScope(reading, tree), files.problems


def locals_of(folder: Path) -> dict[str, Value]:
    """All locals of a root module, evaluated."""
    scope, _ = root_scope(folder)
    values: dict[str, Value] = plain(scope.lookup("local"))
    return values


__all__ = ["FIXTURES", "instances", "locals_of", "read", "resource", "root_scope", "told", "value_of", "write"]
