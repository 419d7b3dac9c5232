"""``make mutants``: change the pure core in every small way, one at a time, and count what no test notices."""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from mutation.operators import Mutant, functions, mutants
from mutation.runs import Outcome, Tests
from mutation.widenings import widened

_ROOT = Path(__file__).parents[2]
_CORE = _ROOT / "reconciler" / "drift"
_TESTS = _ROOT / "tests" / "unit" / "drift"
_RESULTS, _TOUCHED = _ROOT / ".mutants" / "results.json", _ROOT / ".mutants" / "touched.json"
_LEAST = 0.9
_PYTEST = (
    "-qq",
    "--capture=no",
    "--no-header",
    "--no-summary",
    "--assert=plain",
    f"--confcutdir={_TESTS}",  # what other tests need would make every child heavy
    *(f"-pno:{p}" for p in ("randomly", "xdist", "timeout", "cacheprovider")),
)


@dataclass
class Tally:
    """One module's row of the table."""

    module: str
    counts: Counter[Outcome] = field(default_factory=Counter)
    survivors: list[str] = field(default_factory=list)

    def line(self) -> str:
        total = self.counts.total()
        share = (total - self.counts[Outcome.SURVIVED]) / total if total else 1
        numbers = (total, *(self.counts[o] for o in Outcome))
        return f"| {self.module} | {' | '.join(map(str, numbers))} | {share:.1%} |"


class Mutation(Tests):
    """The whole run, as a plugin of the pytest it happens in."""

    def __init__(self, given: argparse.Namespace) -> None:
        super().__init__()
        self._given = given
        self._kept: dict[str, Any] = {} if given.fresh else _load(_RESULTS)
        self._touched: defaultdict[str, dict[str, dict[int, set[str]]]] = defaultdict(dict)
        self.tallies: list[Tally] = []

    def pytest_collection(self, session: pytest.Session) -> bool:
        self.session = session
        session.items = []
        return True

    def pytest_runtestloop(self) -> bool:
        _say("| module | mutants | killed | survived | timeout | noticed |\n|---|---|---|---|---|---|")
        self._learn()
        self.collect(list(self._touched))
        for path in _modules(self._given.modules):
            tally = self._module(path)
            _store(_RESULTS, self._kept)
            if tally.counts:
                self.tallies.append(tally)
                _say(tally.line())
        whole = Tally("all", sum((t.counts for t in self.tallies), Counter()))
        _say(whole.line())
        for tally in self.tallies:
            for survivor in tally.survivors:
                _say(f"survived: {tally.module}:{survivor}")
        return True

    def _module(self, path: Path) -> Tally:
        module = path.relative_to(_CORE).with_suffix("").as_posix()
        name = ".".join(path.relative_to(_ROOT).with_suffix("").parts).removesuffix(".__init__")
        source = path.read_text("utf-8")
        kept = self._kept.get(module, {})
        if kept.get("source") != _digest(path):
            kept = self._kept[module] = {"source": _digest(path), "results": {}}
        results: dict[str, Any] = kept["results"]
        tally = Tally(module)
        about = {file: _about(Path(file), module) for file in self._touched}
        killers: Counter[str] = Counter(by for outcome, by, _ in results.values() if outcome == Outcome.KILLED)
        for mutant in self._mutants(module, source, str(path)):
            known = results.get(mutant.name)
            if known is None or not self._still(*known):
                tests = self._that_touch(path, mutant.function)
                files = sorted(tests, key=lambda f: (-killers[f], not about[f], Path(f).stat().st_size))
                verdict = self.run({file: tests[file] for file in files}, mutant, name, path, quick=self._given.quick)
                killers[verdict.by] += verdict.outcome is Outcome.KILLED
                deciding = [Path(verdict.by)] if verdict.by else []  # there may be no test that runs it
                known = results[mutant.name] = (verdict.outcome, verdict.by, _digest(*deciding))
                if verdict.outcome is not Outcome.KILLED and self._given.verbose:
                    _say(f"{verdict.outcome}: {module}:{mutant.name}")
            outcome = Outcome(known[0])
            tally.counts[outcome] += 1
            if outcome is Outcome.SURVIVED:
                tally.survivors.append(mutant.name)
        return tally

    def _mutants(self, module: str, source: str, path: str) -> Iterator[Mutant]:
        for mutant in () if self._given.widened else mutants(source, path):
            if mutant.function is not None or not self._given.quick:
                yield mutant
        if not self._given.quick:
            yield from widened(module, source, path)

    def _learn(self) -> None:
        """What each test touches; of a file that is as it was, what was learnt before."""
        core = _digest(*sorted(_CORE.rglob("*.py")))
        learnt: dict[str, Any] = _load(_TOUCHED)
        if learnt.get("core") != core:
            learnt = {"core": core}
        for file in map(str, sorted(_TESTS.rglob("test_*.py"))):
            kept = learnt.get(file, {})
            if kept.get("digest") != _digest(Path(file)):
                touched = self.touched(file, _CORE)
                kept = learnt[file] = {"digest": _digest(Path(file)), "tests": list(touched), "places": {}}
                for index, places in enumerate(touched.values()):
                    for module, line in places:
                        kept["places"].setdefault(module, {}).setdefault(str(line), []).append(index)
                _store(_TOUCHED, learnt)
            for module, lines in kept["places"].items():
                for line, tests in lines.items():
                    by_line = self._touched[file].setdefault(module, {})
                    by_line.setdefault(int(line), set()).update(kept["tests"][index] for index in tests)

    def _that_touch(self, path: Path, function: int | None) -> dict[str, set[str]]:
        """Tests by file that run a function; or, of what happens at import, anything of the module or its users."""
        if function is not None:
            inside = functions(ast.parse(path.read_text("utf-8")))
            lines = {line for line, first in inside.items() if first == function}
            found = {
                f: {t for line in lines for t in m.get(str(path), {}).get(line, ())} for f, m in self._touched.items()
            }
        else:
            word = re.compile(rf"\b{path.stem if path.stem != '__init__' else path.parent.stem}\b")
            users = {str(path), *(str(p) for p in _CORE.rglob("*.py") if word.search(p.read_text("utf-8")))}
            found = {
                f: {t for user in users for tests in m.get(user, {}).values() for t in tests}
                for f, m in self._touched.items()
            }
        return {file: tests for file, tests in found.items() if tests}

    def _still(self, outcome: str, by: str, digest: str) -> bool:
        """Whether a result of an earlier run holds: the test file that noticed the mutant is as it was."""
        if outcome == Outcome.SURVIVED:
            return False
        return self._given.survivors or (Path(by).is_file() and _digest(Path(by)) == digest)


def _load(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def _store(path: Path, what: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(what), "utf-8")


def _modules(wanted: list[str]) -> Iterator[Path]:
    """The core's modules, in the order in which they are asked for."""
    for part in wanted or [""]:
        for path in sorted(_CORE.rglob("*.py")):
            module = path.relative_to(_CORE).with_suffix("").as_posix()
            if module == part or module.startswith(f"{part}/" if part else ""):
                yield path


def _about(file: Path, module: str) -> bool:
    """Whether a test file speaks of the module: its first guess, until results say more."""
    return f"reconciler.drift.{module.replace('/', '.').removesuffix('.__init__')} " in file.read_text("utf-8")


def _digest(*paths: Path) -> str:
    return hashlib.blake2b(b"".join(path.read_bytes() for path in paths), digest_size=8).hexdigest()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """0 where at least nine of ten mutants were noticed."""
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument(
        "modules", nargs="*", help="parts of reconciler/drift, as in `normalise/clock explain`; all without"
    )
    parser.add_argument("--fresh", action="store_true", help="forget the results of earlier runs")
    parser.add_argument("--survivors", action="store_true", help="run only what survived the last time, or is new")
    parser.add_argument("--widened", action="store_true", help="only the rules made to hide more than they should")
    parser.add_argument("--quick", action="store_true", help="only what is inside of functions, and not twice")
    parser.add_argument("--verbose", action="store_true", help="name each survivor at once")
    given = parser.parse_args()
    # A mutant that is found is not made smaller, and the same mutant meets the same examples in every run.
    quick = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
    settings.register_profile(
        "mutants", deadline=None, derandomize=True, max_examples=40, suppress_health_check=quick,
        phases=(Phase.explicit, Phase.generate),
    )  # fmt: skip
    settings.load_profile("mutants")
    sys.dont_write_bytecode = False  # every child imports the tests
    run = Mutation(given)
    pytest.main(list(_PYTEST), plugins=[run])
    counts = sum((t.counts for t in run.tallies), Counter[Outcome]())
    return int(counts.total() - counts[Outcome.SURVIVED] < _LEAST * counts.total() or not counts)


if __name__ == "__main__":
    sys.exit(main())
