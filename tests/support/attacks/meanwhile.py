"""What is done while a plan is being applied, at the moment at which everything is read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from support.attacks.scene import Scene

from reconciler.errors import DatabaseError
from reconciler.gate.proposal import Proposal
from reconciler.gate.refusal import Refusal
from reconciler.workflows.progress import Silent


@dataclass
class Trap(Silent):
    """Does something as a phase begins."""

    at: str
    then: Callable[[], object]

    def phase(self, workspace: str, name: str, total: int | None = None) -> None:
        """A phase begins."""
        del workspace, total
        if name == self.at:
            self.then()


@dataclass(frozen=True)
class Meanwhile:
    """What somebody does, and the rule that answers; None where the record is refused as altered."""

    name: str
    act: Callable[[Scene], object]
    rule: str | None


def applied(scene: Scene, act: Callable[[Scene], object]) -> Proposal | Refusal | DatabaseError:
    """What comes of an apply during which somebody does something."""
    with scene.application() as application:
        trap = Trap("reading again", lambda: act(scene))
        try:
            return application.gate.apply(scene.plan, "oli", trap, lambda _: None)
        except DatabaseError as fault:
            return fault


def _reject(scene: Scene) -> None:
    assert scene.run("reject", scene.plan, "--reason", "no", by="cid").code == 0


def _disable(name: str) -> Callable[[Scene], None]:
    def act(scene: Scene) -> None:
        assert scene.run("users", "disable", name, by="dan").code == 0

    return act


def _lease_lost(scene: Scene) -> None:
    """The session that holds the lease is ended, and another process takes it."""
    ended = scene.sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                      " (SELECT oid FROM pg_database WHERE datname = current_database())")  # fmt: skip
    assert ended == [(True,)]
    with scene.application() as application, application.gate.plans.lease("shop", "another process"):
        pass


MEANWHILE = [
    Meanwhile("it is rejected", _reject, "status"),
    Meanwhile("who approved it is disabled", _disable("bob"), "approvals"),
    Meanwhile("its row is written", lambda s: s.sql("UPDATE plans SET reasons = '[]'"), None),
    Meanwhile("its approval is taken away", lambda s: s.sql("DELETE FROM plan_approvals"), "approvals"),
    Meanwhile("the epoch is set back", lambda s: s.sql("UPDATE workspace_leases SET epoch = epoch - 1"), "lease"),
    Meanwhile("the epoch is set on", lambda s: s.sql("UPDATE workspace_leases SET epoch = epoch + 1"), "lease"),
    Meanwhile("the lease is deleted", lambda s: s.sql("DELETE FROM workspace_leases"), "lease"),
    Meanwhile("the lease is taken by force", _lease_lost, "lease"),
]
