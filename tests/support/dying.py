"""The command, killed by itself at a named point of an apply: ``python dying.py POINT --config … apply PLAN``.

The program knows nothing of it: its functions are wrapped from outside, and each point that is reached is a line on
stderr. POINT "" is none of them: the command runs to its end.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

POINTS = (
    "caller known",
    "lease taken",
    "account confirmed",
    "template read",
    "state read",
    "plan held",
    "plan opened",
    "plan let go",
    "cloud read again",
    "plan held again",
    "intent written",
    "intent committed",
    "before init",
    "after init",
    "before terraform",
    "terraform started",
    "first change begun",
    "first change done",
    "last change done",
    "terraform ended",
    "plan file gone",
    "before the scan",
    "pass begun",
    "cloud read after",
    "pass committed",
    "pass ended",
    "after the scan",
    "outcome held",
    "outcome written",
    "outcome committed",
    "lease let go",
    "answer told",
)
"""In the order of an apply that nothing disturbs."""

BESIDE = frozenset({"before init", "after init"})
"""Those of a thread of its own, which makes Terraform ready while all is read again: they come when they come."""

STOPPED = "terraform stopped"
"""As "terraform started", but Terraform stands still before it has done anything."""

CHANGES = 3
"""So many resources the plan writes."""

_wanted = sys.argv.pop(1) if __name__ == "__main__" else ""


def follows(reached: list[str]) -> bool:
    """Whether points were reached in their order, none left out."""
    order, seen = ([each for each in points if each not in BESIDE] for points in (POINTS, reached))
    return seen == order[: len(seen)]


def _reach(point: str | None) -> None:
    if point is None:
        return
    os.write(2, f"{point}\n".encode())
    if point == _wanted:
        os.kill(os.getpid(), signal.SIGKILL)


def _wrap(
    owner: Any, name: str, before: str | None = None, after: str | Callable[[], str | None] | None = None
) -> None:
    real = getattr(owner, name)

    @functools.wraps(real)
    def wrapped(*arguments: Any, **more: Any) -> Any:
        _reach(before)
        answer = real(*arguments, **more)
        _reach(after() if callable(after) else after)
        return answer

    setattr(owner, name, wrapped)


def _wrap_block(owner: Any, name: str, *points: tuple[str, str | None]) -> None:
    """``points`` are for each time that the block is entered: once it is, and once it is left in order."""
    real, times = getattr(owner, name), iter(points)

    @contextmanager
    def wrapped(*arguments: Any, **more: Any) -> Iterator[Any]:
        entered, left = next(times, (None, None))
        with real(*arguments, **more) as value:
            _reach(entered)
            yield value
        _reach(left)

    setattr(owner, name, wrapped)


def _in_turn(*points: str | None) -> Callable[[], str | None]:
    times = iter(points)
    return lambda: next(times, None)


def _wrap_the_program() -> None:
    from reconciler.cli import gate as commands  # noqa: PLC0415 - the tests take the names alone
    from reconciler.inventory.inventory import Inventory  # noqa: PLC0415
    from reconciler.inventory.passes import Pass  # noqa: PLC0415
    from reconciler.inventory.plans import HeldPlan, Plans  # noqa: PLC0415
    from reconciler.wiring.gate import Gate  # noqa: PLC0415
    from reconciler.wiring.keys import Keys  # noqa: PLC0415
    from reconciler.wiring.people import Staff  # noqa: PLC0415
    from reconciler.wiring.remediation import Remediation  # noqa: PLC0415
    from reconciler.workflows.observe import ProviderObserver  # noqa: PLC0415
    from reconciler.workflows.remedy import Workspace  # noqa: PLC0415

    _wrap(Staff, "allowed", after="caller known")
    _wrap_block(Plans, "lease", ("lease taken", "lease let go"))
    _wrap(Remediation, "confirm_account", after="account confirmed")
    _wrap_sides()
    _wrap_block(
        Plans,
        "hold",
        ("plan held", "plan let go"),
        ("plan held again", "intent committed"),
        ("outcome held", "outcome committed"),
    )
    _wrap(Keys, "open_plan", after="plan opened")
    _wrap(Workspace, "basis", after="cloud read again")
    _wrap(HeldPlan, "move", after=_in_turn("intent written", "outcome written"))
    _wrap_terraform()
    _wrap_block(Remediation, "ready", (None, "plan file gone"))
    _wrap(Gate, "_pass", before="before the scan", after="after the scan")
    _wrap_block(Inventory, "begin", ("pass begun", "pass ended"))
    _wrap(ProviderObserver, "observe", after=_in_turn(None, "cloud read after"))
    _wrap(Pass, "finish", after="pass committed")
    _wrap(commands, "told", after="answer told")


def _wrap_sides() -> None:
    """Template and state are read by functions that each target is given."""
    from reconciler.wiring.targets import Targets  # noqa: PLC0415

    real, template, state = Targets.target, _in_turn("template read"), _in_turn("state read")

    def told(read: Callable[..., Any], point: Callable[[], str | None]) -> Callable[..., Any]:
        def reading(*arguments: Any) -> Any:
            answer = read(*arguments)
            _reach(point())
            return answer

        return reading

    def target(self: Targets, name: str, **more: Any) -> Any:
        made = real(self, name, **more)
        return replace(made, read_template=told(made.read_template, template), read_state=told(made.read_state, state))

    Targets.target = target  # type: ignore[method-assign]


def _wrap_terraform() -> None:
    from reconciler.terraform import cli, runner  # noqa: PLC0415
    from reconciler.terraform.cli import Terraform  # noqa: PLC0415

    if not _wanted or _wanted in BESIDE:
        cli.is_initialised = lambda *_: False  # as where a provider was replaced since the plan was made
    _wrap(Terraform, "init", before="before init", after="after init")
    real, fed = Terraform.apply, runner._feed
    begun = _in_turn("first change begun")
    done = _in_turn("first change done", *[None] * (CHANGES - 2), "last change done")

    def feed(child: Any, text: bytes | None) -> None:
        if "apply" in child.args:
            if _wanted == STOPPED:
                os.kill(child.pid, signal.SIGSTOP)
                _reach(STOPPED)
            _reach("terraform started")
        fed(child, text)

    def apply(self: Terraform, *arguments: Any, on_event: Callable[[Mapping[str, Any]], None], **more: Any) -> None:
        def take(event: Mapping[str, Any]) -> None:
            on_event(event)
            match event.get("type"):
                case "apply_start":
                    _reach(begun())
                case "apply_complete":
                    _reach(done())

        _reach("before terraform")
        real(self, *arguments, on_event=take, **more)
        _reach("terraform ended")

    runner._feed = feed
    Terraform.apply = apply  # type: ignore[method-assign]


if __name__ == "__main__":
    from reconciler.cli.main import run

    _wrap_the_program()
    run()
