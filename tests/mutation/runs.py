"""Running tests against mutants: one child process for each, forked from a pytest that has everything imported.

A mutant of a function is first put into the functions that are there, which costs milliseconds. One that happens as its
module is imported, and one that survives that, meets a child that imports the project and the tests anew. A child has
limits of processor time and memory, so that a mutant that never ends costs seconds.
"""

from __future__ import annotations

import functools
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, TypeAlias

import pytest

from mutation.operators import Mutant

_SECONDS = 20  # of processor time; the whole set takes 6
_BYTES = 6 << 30
_OURS = ("reconciler", "support", "tests")

Wanted: TypeAlias = Mapping[str, Collection[str]]
"""Test ids by file, the files in the order in which they are run."""


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome, and the test file that decided it."""

    outcome: Outcome
    by: str = ""


class _Mutated(importlib.machinery.SourceFileLoader):
    code: CodeType

    def get_code(self, fullname: str) -> CodeType:
        return self.code


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        self._name, self._path, self._code = name, path, code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        loader = _Mutated(fullname, str(self._path))
        loader.code = self._code
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)


class Tests:
    """A pytest session that stays open: given to pytest as a plugin, it asks for runs as long as it likes."""

    def __init__(self) -> None:
        self.session: pytest.Session
        self._items: dict[str, list[pytest.Item]] = {}
        self._functions: defaultdict[str, list[FunctionType]] = defaultdict(list)
        self._caches: list[Any] = []
        self._failed = False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """One of pytest's hooks."""
        self._failed |= report.failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One of pytest's hooks."""
        self._failed |= report.failed

    def collect(self, files: Sequence[str]) -> None:
        """Import all tests, and with them the project. No test is run here: no cache is filled."""
        for file in files:
            self._items[file] = list(self.session.perform_collect([file]))
        for thing in gc.get_objects():
            if type(thing) is FunctionType:
                self._functions[thing.__code__.co_filename].append(thing)
        self._caches = _caches()
        gc.freeze()

    def run(self, wanted: Wanted, mutant: Mutant, name: str, path: Path, *, quick: bool = False) -> Verdict:
        """Run tests until one fails, against the module ``name`` at ``path`` as the mutant has it.

        With ``quick`` a mutant of a function that survives in place is not tried again from the beginning.
        """
        if mutant.function is not None:
            verdict = _verdict(lambda say: self._in_place(wanted, path, mutant.code, say))
            if quick or verdict.outcome is not Outcome.SURVIVED:
                return verdict
        return _verdict(lambda say: self._anew(wanted, _Finder(name, path, mutant.code), say))

    def _in_place(self, wanted: Wanted, path: Path, code: CodeType, say: Callable[[str], None]) -> bool:
        _limit()
        for cache in self._caches:
            cache.cache_clear()
        if not _put(self._functions[str(path)], code):
            return False
        for file, tests in wanted.items():
            say(file)
            self._run([item for item in self._items[file] if item.nodeid in tests])
            if self._failed:
                return True
        return False

    def _anew(self, wanted: Wanted, finder: _Finder, say: Callable[[str], None]) -> bool:
        _limit()
        _forget()
        sys.meta_path.insert(0, finder)
        for file, tests in wanted.items():
            say(file)
            self._run([item for item in self.session.perform_collect([file]) if item.nodeid in tests])
            if self._failed:
                return True
        return False

    def _run(self, items: Sequence[pytest.Item]) -> None:
        for index, item in enumerate(items):
            if self._failed:
                return
            following = items[index + 1] if index + 1 < len(items) else None
            self.session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

    def touched(self, file: str, within: Path) -> dict[str, list[tuple[str, int]]]:
        """For each test of a file, the code of a folder that it runs, as files and first lines. All must pass."""
        status, text = _forked(lambda say: self._trace(file, within, say))
        if status:
            raise RuntimeError(f"{file} fails without any mutant: {text}")
        found: dict[str, list[tuple[str, int]]] = json.loads(text)
        return found

    def _trace(self, file: str, within: Path, say: Callable[[str], None]) -> bool:
        seen: set[CodeType] = set()

        def note(frame: FrameType, event: str, arg: object) -> None:
            seen.add(frame.f_code)

        def ours() -> list[tuple[str, int]]:
            mine = [code for code in tuple(seen) if code.co_filename.startswith(f"{within}/")]
            seen.clear()
            return sorted({(code.co_filename, code.co_firstlineno) for code in mine})

        _forget()
        sys.settrace(note)
        items = self.session.perform_collect([file])
        for_all, found = ours(), {}
        caches = _caches()
        for item in items:
            for cache in caches:  # what one test has asked, the next asks again
                cache.cache_clear()
            seen.clear()
            self._run([item])
            found[item.nodeid] = [*for_all, *ours()]
        sys.settrace(None)
        say(json.dumps(found))
        return self._failed


def _verdict(work: Callable[[Callable[[str], None]], bool]) -> Verdict:
    status, said = _forked(work)
    last = said.split()[-1] if said else ""
    if os.WIFSIGNALED(status):
        over = os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)
        return Verdict(Outcome.TIMEOUT if over else Outcome.KILLED, last)
    if os.WEXITSTATUS(status) > 1:
        raise RuntimeError(f"the run itself failed: {said}")
    return Verdict(Outcome.KILLED if os.WEXITSTATUS(status) else Outcome.SURVIVED, last)


def _forked(work: Callable[[Callable[[str], None]], bool]) -> tuple[int, str]:
    """Work in a child: its status (1 where the work answers True, 2 where it raises), and what it said."""
    said, saying = os.pipe()
    child = os.fork()
    if not child:
        status = 2
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            with os.fdopen(saying, "w") as answer:
                try:
                    status = int(work(lambda text: print(text, file=answer, flush=True)))
                except BaseException as error:  # noqa: BLE001 - the parent raises
                    answer.write(repr(error))
        finally:
            os._exit(status)
    os.close(saying)
    with os.fdopen(said) as answers:
        text = answers.read()
    return os.waitpid(child, 0)[1], text


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))


def _forget() -> None:
    for module in [m for m in sys.modules if m.partition(".")[0] in _OURS]:
        del sys.modules[module]


def _caches() -> list[Any]:
    return [thing for thing in gc.get_objects() if type(thing) is functools._lru_cache_wrapper]


def _put(functions: Sequence[FunctionType], code: CodeType) -> bool:
    """Give functions the code that they have in another compilation of their module; False where that cannot be."""
    places = defaultdict(list)
    for inner in _inside(code):
        places[_place(inner)].append(inner)
    try:
        for function in functions:
            [function.__code__] = places[_place(function.__code__)]
    except ValueError:  # two in one place, or another number of free variables
        return False
    return bool(functions)


def _place(code: CodeType) -> tuple[Any, ...]:
    return (code.co_qualname, code.co_firstlineno)


def _inside(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _inside(constant)
