"""An approved fix, from ``apply`` until it is verified, beside ``terraform apply`` of a plan saved the same way.

What each has to do is the same drift, made again before each run: a few log groups keep their logs for another time.
Terraform's apply reads nothing, neither before nor after; ours reads what it will write before, and everything after.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence

from bench.estates import Estate
from bench.figures import Figure
from bench.scans import metered
from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import client

PEER = "terraform apply PLAN"
_DRIFTED = 2


def measured(estate: Estate, emulator: Emulator, runs: int) -> Iterator[Figure]:
    """The whole commands, in turns.

    Raises:
        RuntimeError: a command ended otherwise than it has to.
    """
    people = _People(estate)
    ours, theirs = [], []
    for _ in range(runs + 1):
        _drift(estate, emulator)
        _run(estate.command("scan"), estate.environment, (2,))
        plan = people.approved()
        ours.append(metered(estate.command("apply", plan), people.ann))
        _drift(estate, emulator)
        saved = str(estate.folder.parent / f"{estate.folder.name}.plan")
        theirs.append(_terraform(estate, saved))
    title = f"{estate.title}, {_DRIFTED} to be mended"
    # The first of each fills caches.
    yield Figure(
        title, "apply until verified, wall", [c.wall for c in ours[1:]], "s", PEER, [c.wall for c in theirs[1:]]
    )
    yield Figure(title, "apply, processor", [c.cpu for c in ours[1:]], "s", PEER, [c.cpu for c in theirs[1:]])


def _terraform(estate: Estate, saved: str) -> object:
    files = [f"-var-file={path}" for path in estate.var_files]
    program = ["terraform", f"-chdir={estate.folder}"]
    _run([*program, "plan", "-input=false", f"-out={saved}", *files], estate.terraform_environment)
    return metered([*program, "apply", "-input=false", "-no-color", saved], estate.terraform_environment)


def _drift(estate: Estate, emulator: Emulator) -> None:
    logs = client(emulator, "logs")
    pulled = ["terraform", f"-chdir={estate.folder}", "state", "pull"]
    state = json.loads(_run(pulled, estate.terraform_environment))
    names = [
        each["attributes"]["name"]
        for resource in state["resources"]
        if resource["type"] == "aws_cloudwatch_log_group"
        for each in resource["instances"]
    ]
    for name in names[:_DRIFTED]:
        logs.put_retention_policy(logGroupName=name, retentionInDays=365)


class _People:
    """Ann, who proposes and applies, and two who approve."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self.ann = {**estate.environment, "RECONCILER_TOKEN": self._token("ann", "admin", {})}
        self._others = [
            {**estate.environment, "RECONCILER_TOKEN": self._token(name, "approver", self.ann)}
            for name in ("bob", "cid")
        ]

    def approved(self) -> str:
        """The id of a plan that may be applied."""
        command = self._estate.command("plan", "production", "--format", "json")
        plan = json.loads(_run(command, self.ann, (0,)))
        for other in self._others:
            _run(self._estate.command("approve", plan["id"]), other, (0, 4))
        return str(plan["id"])

    def _token(self, name: str, role: str, who: Mapping[str, str]) -> str:
        command = self._estate.command("users", "add", name, "--role", role)
        return _run(command, who or self._estate.environment).strip()


def _run(command: Sequence[str], environment: Mapping[str, str], expected: Sequence[int] = (0,)) -> str:
    done = subprocess.run(
        command, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode not in expected:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout
