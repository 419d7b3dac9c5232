"""Running one child: environment given, no input, own session, deadline, output streamed, and an orderly end."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from reconciler.errors import CutOffError, TerraformError

TICK = 0.2
"""Seconds between looks at the deadline, the stop signal and files; exit and what comes by a pipe are seen at once."""

KEPT_ERRORS = 1 << 18
"""Bytes of stderr that are kept, the last ones."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A child that ended. ``code`` is negative where a signal ended it."""

    code: int
    stdout: bytes
    stderr: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a child may take, how long it gets to end in order, and what asks it to.

    Terraform answers one SIGINT by finishing what it is at and writing the state: ``grace`` has to be long for an
    apply.
    """

    timeout: float
    grace: float = 10.0
    stop: threading.Event | None = None


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    limits: Limits,
    on_line: Callable[[bytes], None] | None = None,
    stdin: bytes | None = None,
    outlives: bool = False,
    keeps: Sequence[int] = (),
) -> Finished:
    """Run a program to its end.

    Args:
        argv: the program and its arguments; no shell sees them.
        cwd: where it runs.
        env: its whole environment.
        limits: the deadline and the end in order.
        on_line: told each line of stdout as it comes, without the newline; then stdout is not kept.
        stdin: what it reads; nothing by default, and never our own input. At most a pipe's 64 KiB.
        outlives: whether it has to end in order even if we die. What it says is then kept in memory until its end.
        keeps: our descriptors that it inherits.

    Raises:
        TerraformError: the program cannot be started, or ran out of time.
        CutOffError: ``limits.stop`` was set.
    """
    try:
        start = _start_for_itself if outlives else _start
        child = start(argv, cwd, env, has_input=stdin is not None, keeps=keeps)
    except OSError as error:
        raise TerraformError(
            f"{argv[0]} cannot be started in {cwd}: {error.strerror}", hint="check [terraform] binary and the folder"
        ) from error
    with child:
        try:
            with _Streams(child, on_line) as streams:
                try:
                    _feed(child, stdin)
                    _follow(argv[0], streams, limits)
                except BaseException:
                    _ask_to_end(child, streams, limits.grace)
                    raise
                streams.drain()
                out, err = streams.out.whole(), streams.err.whole()
        finally:
            # Nobody of its group stays: a provider may outlive a terraform that was killed. Before the wait, so that
            # the number still belongs to this group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        return Finished(child.wait(), out, err.decode("utf-8", "replace"))


def _start(
    argv: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    *,
    has_input: bool,
    keeps: Sequence[int],
    out: int = subprocess.PIPE,
    err: int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # a list, no shell; the program is a setting
        list(argv),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        # Ctrl-C in the terminal reaches us alone: we decide what the child hears.
        start_new_session=True,
        pass_fds=keeps,
    )


def _start_for_itself(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], *, has_input: bool, keeps: Sequence[int]
) -> subprocess.Popen[bytes]:
    """Start a child whose outputs are files in memory.

    A pipe breaks with us, and a Go program ends at once when its standard output is a broken pipe, even where SIGPIPE
    is ignored: Terraform would neither save its state nor end its providers.
    """
    with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
        files = [os.memfd_create(name, os.MFD_CLOEXEC) for name in ("stdout", "stderr")]
        for file in files:
            theirs.callback(os.close, file)
        # Opened anew, each is read from its beginning, wherever the child writes.
        opened = [ours.enter_context(Path(f"/proc/self/fd/{file}").open("rb", buffering=0)) for file in files]
        child = _start(argv, cwd, env, has_input=has_input, keeps=keeps, out=files[0], err=files[1])
        child.stdout, child.stderr = opened
        ours.pop_all()
    return child


def _feed(child: subprocess.Popen[bytes], text: bytes | None) -> None:
    if child.stdin is not None and text is not None:
        # A child that does not read is found by what it answers.
        with contextlib.suppress(BrokenPipeError), child.stdin:
            child.stdin.write(text)


def _follow(program: str, streams: _Streams, limits: Limits) -> None:
    deadline = time.monotonic() + limits.timeout
    while not streams.ended:
        if limits.stop is not None and limits.stop.is_set():
            raise CutOffError
        left = deadline - time.monotonic()
        if left <= 0:
            raise TerraformError(
                f"{Path(program).name} did not end within {limits.timeout:g} s",
                hint="raise the timeout, or look at what it waits for",
            )
        streams.read(min(left, TICK))


def _ask_to_end(child: subprocess.Popen[bytes], streams: _Streams, grace: float) -> None:
    """Interrupt the program alone, as Ctrl-C would, and wait: it finishes what it is at, and its providers with it."""
    until = time.monotonic() + grace
    streams.on_line = None
    child.send_signal(signal.SIGINT)
    while not streams.ended and (left := until - time.monotonic()) > 0:
        streams.read(min(left, TICK))


class _Pipe:
    """What came through one pipe: lines handed on, or bytes kept, the last so many."""

    def __init__(self, limit: int | None) -> None:
        self._chunks: list[bytes] = []
        self._size = 0
        self._limit = limit

    def add(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._size += len(chunk)
        while self._limit is not None and self._size - len(self._chunks[0]) >= self._limit:
            self._size -= len(self._chunks.pop(0))

    def whole(self) -> bytes:
        return b"".join(self._chunks)


class _Streams:
    """Both pipes of a child and its end, watched together in the calling thread."""

    def __init__(self, child: subprocess.Popen[bytes], on_line: Callable[[bytes], None] | None) -> None:
        self.on_line = on_line
        self.out = _Pipe(None)
        self.err = _Pipe(KEPT_ERRORS)
        self.ended = False
        self._rest = b""
        self._takers: dict[IO[bytes], Callable[[bytes], None]] = {}
        self._files: list[IO[bytes]] = []
        if child.stdout is not None and child.stderr is not None:
            self._takers = {child.stdout: self._take_out, child.stderr: self.err.add}
        self._selector = selectors.DefaultSelector()
        # The pipes may stay open after the end: a provider that outlives terraform holds them.
        self._pid = os.pidfd_open(child.pid)

    def __enter__(self) -> Self:
        for pipe in self._takers:
            if stat.S_ISFIFO(os.fstat(pipe.fileno()).st_mode):
                os.set_blocking(pipe.fileno(), False)
                self._selector.register(pipe, selectors.EVENT_READ, pipe)
            else:
                self._files.append(pipe)
        self._selector.register(self._pid, selectors.EVENT_READ)
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        os.close(self._pid)

    def read(self, timeout: float) -> None:
        """Take what is there, waiting for something at most so many seconds."""
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                self.ended = True
            else:
                self._take(key.data)
        self._take_all(self._files)

    def drain(self) -> None:
        """Take what was written before the end."""
        self._take_all(self._takers)
        if self._rest and self.on_line is not None:
            self.on_line(self._rest)
            self._rest = b""

    def _take_all(self, outputs: Iterable[IO[bytes]]) -> None:
        for each in outputs:
            while self._take(each):
                pass

    def _take(self, pipe: IO[bytes]) -> bool:
        try:
            chunk = os.read(pipe.fileno(), 1 << 16)
        except BlockingIOError:
            return False
        if chunk:
            self._takers[pipe](chunk)
        elif pipe in self._selector.get_map():
            self._selector.unregister(pipe)
        return bool(chunk)

    def _take_out(self, chunk: bytes) -> None:
        if self.on_line is None:
            self.out.add(chunk)
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self.on_line(line)
