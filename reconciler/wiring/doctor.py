"""``doctor``: everything that a scan will need, looked at one by one, each with a mend."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial

from reconciler.drift.snapshot import Template
from reconciler.errors import ReconcilerError
from reconciler.inventory.rows import MigrationStatus
from reconciler.settings import Settings
from reconciler.terraform.cli import TerraformVersion
from reconciler.wiring.iac import Iac
from reconciler.wiring.targets import Targets
from reconciler.workflows.doctor import Check
from reconciler.workflows.scan import lives_in_state


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
        yield _credentials(name, cloud.environment.account_id, cloud.account_id)
    mirrors = targets.tools.mirrors
    yield Check("provider mirrors", "ok", ", ".join(map(str, mirrors)) or "none: providers come from their registry")
    if not settings.workspaces:
        yield Check("workspaces", "warning", "none is configured", mend="add a [workspaces.NAME] section")
    for name in settings.workspaces:
        yield from _workspace(settings, targets, name)


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


def _credentials(environment: str, expected: str, account_id: Callable[[], str]) -> Check:
    name = f"credentials of {environment}"
    found = _check(name, lambda: f"account {account_id()}")
    if found.state == "ok" and found.detail != f"account {expected}":
        mend = f"the environment says account {expected}: correct account_id, profile or assume_role"
        return Check(name, "failed", found.detail, mend=mend)
    return found


def _workspace(settings: Settings, targets: Targets, name: str) -> Iterator[Check]:
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
    for source in sorted({i.provider.source for i in state.instances if not lives_in_state(i)}):
        yield _check(f"provider {source}", partial(_provider, iac, template, source), name)


def _provider(iac: Iac, template: Template, source: str) -> str:
    return iac.provider(template, source).version


def _version(found: TerraformVersion) -> str:
    return f"{found.product} {found.version}"


def _template(template: Template, name: str) -> Check:
    detail = f"{len(template.resources)} resource blocks in {len(template.files)} files"
    if template.problems:
        first = template.problems[0]
        return Check("template", "failed", f"{detail}; {first}", name, first.hint or "correct the file")
    return Check("template", "ok", detail, name)
