"""``doctor``: everything that a scan will need, looked at one by one, each with a mend."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

from reconciler.drift.classify import Rules
from reconciler.drift.finding import Kind
from reconciler.drift.snapshot import Template
from reconciler.errors import ReconcilerError
from reconciler.inventory.rows import MigrationStatus
from reconciler.settings import Settings
from reconciler.terraform.cli import TerraformVersion
from reconciler.wiring.clouds import Purpose
from reconciler.wiring.iac import Iac
from reconciler.wiring.rules import rules_of
from reconciler.wiring.targets import Targets
from reconciler.workflows.doctor import Check
from reconciler.workflows.scan import lives_in_state
from reconciler.workflows.sweep import identity_of

_Names: TypeAlias = tuple[str, ...]
"""What one resource is called: its address or label, its type, its id."""


def checks(settings: Settings, targets: Targets, database: Callable[[], MigrationStatus]) -> Iterator[Check]:
    """Look at the host first, then at each environment and workspace. Nothing is written but our own caches.

    Args:
        settings: the configuration.
        targets: the ways to the sides of its workspaces.
        database: opens the database and tells where its schema is; raises DatabaseError.
    """
    yield _check("python", lambda: f"{sys.version.split()[0]}")
    yield _database("embedded PostgreSQL" if settings.database.url is None else "PostgreSQL", database)
    yield _check("master key", lambda: f"key {targets.keys.master.id}")
    for name, cloud in targets.clouds.items():
        yield _credentials(f"credentials of {name}", cloud.environment.account_id, cloud.account_id)
        if cloud.environment.apply_credential is not None:
            applying = partial(cloud.account_id, Purpose.APPLY)
            yield _credentials(f"credentials of {name}, to apply", cloud.environment.account_id, applying)
    mirrors = targets.tools.mirrors
    yield Check("provider mirrors", "ok", ", ".join(map(str, mirrors)) or "none: providers come from their registry")
    if not settings.workspaces:
        yield Check("workspaces", "warning", "none is configured", mend="add a [workspaces.NAME] section")
    known: dict[str, list[_Names]] = {}
    for name in settings.workspaces:
        yield from _workspace(settings, targets, name, known)
    if settings.ignore and known.keys() == settings.workspaces.keys():
        yield _ignore_rules(rules_of(settings, datetime.now(UTC)), known)


def _check(name: str, look: Callable[[], str], workspace: str | None = None) -> Check:
    try:
        return Check(name, "ok", look(), workspace)
    except ReconcilerError as fault:
        return Check(name, "failed", str(fault), workspace, fault.hint or "see the message")


def _database(kind: str, database: Callable[[], MigrationStatus]) -> Check:
    def look() -> str:
        where = database()
        return f"{kind}, schema {where.current or 'none'}" + (" (migrations pending)" if where.pending else "")

    found = _check("database", look)
    if found.state == "ok" and "pending" in found.detail:
        return Check("database", "failed", found.detail, mend="run: reconciler db migrate")
    return found


def _credentials(name: str, expected: str, account_id: Callable[[], str]) -> Check:
    found = _check(name, lambda: f"account {account_id()}")
    if found.state == "ok" and found.detail != f"account {expected}":
        mend = f"the environment says account {expected}: correct account_id, profile or assume_role"
        return Check(name, "failed", found.detail, mend=mend)
    return found


def _ignore_rules(rules: Rules, known: Mapping[str, Sequence[_Names]]) -> Check:
    """Whether each rule still holds and speaks of something: a misspelt one would say nothing for ever."""
    expired = [rule.name for rule in rules.ignore if rule.expires < rules.today]
    idle = [
        rule.name
        for rule in rules.ignore
        if rule.name not in expired
        and rule.kinds != {Kind.UNMANAGED}  # what nobody records cannot be looked up here
        and not any(
            rule.names_one(names) for workspace in known if rule.speaks_of(workspace) for names in known[workspace]
        )
    ]
    parts = [f"nothing is called {', '.join(idle)}"] if idle else []
    parts += [f"expired: {', '.join(expired)}"] if expired else []
    if parts:
        return Check("ignore rules", "warning", "; ".join(parts), mend="correct or remove them in the configuration")
    return Check("ignore rules", "ok", f"{len(rules.ignore)}, each fits something")


def _workspace(settings: Settings, targets: Targets, name: str, known: dict[str, list[_Names]]) -> Iterator[Check]:
    """A workspace's checks; what its resources are called goes into ``known``, if all could be read."""
    workspace = settings.workspace(name)
    iac = targets.tools.for_workspace(workspace, targets.clouds[workspace.environment])
    yield _check("terraform", lambda: _version(iac.program().version()), name)
    try:
        template = targets.read_template(name)
    except ReconcilerError as fault:
        yield Check("template", "failed", str(fault), name, fault.hint or "see the message")
        return
    yield _template(template, name)
    try:
        state = targets.read_state(name, template, iac)
    except ReconcilerError as fault:
        yield Check("state", "failed", str(fault), name, fault.hint or "see the message")
        return
    if state.serial is None:
        yield Check("state", "warning", f"none yet at {state.location}", name, "run terraform apply, or name the state")
    else:
        yield Check("state", "ok", f"serial {state.serial}, {len(state.instances)} resources, {state.location}", name)
    known[name] = [
        *((i.label, str(i.address), i.address.type, identity_of(i, "").id) for i in state.instances),
        *((str(each.address), each.address.type) for each in template.resources),
    ]
    for source in sorted({i.provider.source for i in state.instances if not lives_in_state(i)}):
        yield _check(f"provider {source}", partial(_provider, iac, template, source), name)


def _provider(iac: Iac, template: Template, source: str) -> str:
    return iac.provider(template, source).version


def _version(found: TerraformVersion) -> str:
    return f"{found.product} {found.version}"


def _template(template: Template, name: str) -> Check:
    detail = f"resource blocks: {len(template.resources)}, files read: {len(template.files)}"
    if template.problems:
        first = template.problems[0]
        return Check("template", "failed", f"{detail}; {first}", name, first.hint or "correct the file")
    return Check("template", "ok", detail, name)
