"""A daemon process with a fake application, for tests that need a real process, real signals and a real child.

Its configuration is a text file: one ``workspace interval`` a line, or anything else, which is refused.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from support.fake_application import report

from reconciler.drift.report import Depth, Report
from reconciler.errors import ConfigError, CutOffError
from reconciler.gate.proposal import Proposal
from reconciler.gate.refusal import Refusal
from reconciler.service.daemon import run
from reconciler.service.loop import Configuration
from reconciler.service.plan import LogFormat, ServicePlan
from reconciler.workflows.progress import Progress


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Application:
    """Each pass of a workspace called ``slow`` starts a child and waits; ``deaf`` does so and cannot be cancelled."""

    def __init__(self) -> None:
        self.cancelled = Event()

    def scan(self, workspaces: Sequence[str], depth: Depth, progress: Progress) -> Report:
        (name,) = workspaces
        progress.phase(name, "read")
        if name in ("slow", "deaf"):
            with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as child:
                say(f"child {child.pid}")
                while not self.cancelled.wait(0.05) or name == "deaf":
                    progress.advance()
                child.kill()
            raise CutOffError
        return report(name)

    def recover(self, workspace: str, progress: Progress) -> Iterator[Proposal | Refusal]:
        del workspace, progress
        yield from ()

    def anchor(self) -> str:
        return '{"sequence": 0}'

    def cancel(self) -> None:
        self.cancelled.set()


@contextmanager
def open_application(_: ServicePlan) -> Iterator[Application]:
    yield Application()
    say("closed")


def main(config: Path) -> int:
    def load() -> Configuration[ServicePlan]:
        try:
            pairs = [line.split() for line in config.read_text().splitlines()]
            plan = ServicePlan({name: float(interval) for name, interval in pairs}, 0.0, log_format=LogFormat.LOGFMT)
        except ValueError as error:
            raise ConfigError(f"{config.name}: not a configuration", hint="write a name and an interval") from error
        return Configuration(plan, plan, None)

    return run(load, open_application)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
