"""One provider process: started with nothing of ours, watched, and ended without leaving anything behind."""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from reconciler.errors import ProviderError
from reconciler.observed.provider import launch
from reconciler.observed.provider.handshake import MAGIC_COOKIE, PROTOCOLS, Handshake, parse_handshake
from reconciler.observed.provider.socket_folder import SocketFolder

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
# Providers are Go programs: with 50 reads at once the AWS provider holds 110 MB so, and 140 MB without, for a tenth
# more of its processor time. A fixed limit (GOMEMLIMIT) would have one that needs more collect garbage all the time.
_MODEST: Final = {"GOGC": "70"}
_LONGEST_LINE: Final = 16_384
_KEPT_STDERR: Final = 65_536
_PROVIDER_NAME: Final = re.compile(r"terraform-provider-([a-z0-9-]+)")
_PLAIN_WARNING: Final = re.compile(r"\[(?:WARN|ERROR)\] (.+)")
_DEATH: Final = re.compile(rb"^(panic: |fatal error: )[^\n]*", re.MULTILINE)


class Launcher:
    """Starts processes, always from the same thread.

    The kernel's promise to kill a child with its parent is about the parent *thread*: a child started by
    a worker thread would die with that worker. This thread lives as long as the launcher.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="provider-launcher")
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def popen(self, binary: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a binary in a session of its own, with pipes for its output and no input.

        Raises:
            OSError: the machine cannot start another process.
        """
        command = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(binary)]
        return self._thread.submit(self._popen, command, dict(environment)).result()

    def reap(self, child: subprocess.Popen[bytes]) -> None:
        """Wait for a child that was killed."""
        child.wait()
        with self._lock:
            self._children.discard(child)

    def refuse(self) -> None:
        """Start nothing more."""
        self._thread.shutdown(wait=False)

    def close(self) -> None:
        """End the thread, and kill what is still there."""
        # First: what it is starting now is known only then, and does not know yet that it has to die with the thread.
        self._thread.shutdown(wait=True)
        with self._lock:
            left = list(self._children)
        for child in left:
            if child.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.pid, signal.SIGKILL)
        for child in left:
            self.reap(child)

    def _popen(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(  # noqa: S603 an argument list of our own making, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
        with self._lock:
            self._children.add(child)
        return child


class ProviderProcess:
    """A started provider. Its output is drained all its life, kept in small part and never logged."""

    def __init__(
        self, binary: Path, environment: Mapping[str, str], launcher: Launcher, *, warning: bool = False
    ) -> None:
        """Start the binary.

        Args:
            binary: the provider's executable.
            environment: all that it gets, save for what the protocol needs.
            launcher: who starts it.
            warning: whether it logs its warnings, for :meth:`warnings`; else it logs nothing.

        Raises:
            ProviderError: there is no such executable, or it cannot be started.
        """
        if not binary.is_file() or not os.access(binary, os.X_OK):
            raise ProviderError(
                f"there is no provider at {binary} that can be executed", hint="run terraform init, or check the mirror"
            )
        self.binary = binary
        self._folder = SocketFolder()
        protocol = {
            "TF_PLUGIN_MAGIC_COOKIE": MAGIC_COOKIE,
            "PLUGIN_PROTOCOL_VERSIONS": ",".join(map(str, PROTOCOLS)),
            "TMPDIR": str(self._folder.path),
            **_logging(binary, "WARN" if warning else "OFF"),
        }
        try:
            self._popen = launcher.popen(binary, {**_MODEST, **environment, **protocol})
        except (OSError, RuntimeError, ValueError) as e:
            self._folder.remove()
            raise ProviderError(f"the provider {binary.name} cannot be started: {e}") from e
        self._launcher = launcher
        self._ending = threading.Lock()
        self._ended = False
        self._first_line: bytes | None = None
        self._spoke = threading.Event()
        self._stderr = bytearray()
        self._hearing = threading.Lock()
        self._drain = threading.Thread(target=self._read_output, name=f"drain-{self.pid}", daemon=True)
        self._drain.start()

    @property
    def pid(self) -> int:
        """Its process id, which is also its process group."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._exit() is None

    def handshake(self, deadline: float) -> Handshake:
        """Wait for its first line.

        Args:
            deadline: in seconds of :func:`time.monotonic`.

        Raises:
            ProviderError: it is silent, ends, or says something else. The process is then for :meth:`end`.
        """
        self._spoke.wait(max(0.0, deadline - time.monotonic()))
        if not self._spoke.is_set():
            raise ProviderError(
                f"the provider {self.binary.name} started and says nothing", hint="check the host's load and memory"
            )
        if not self._first_line:
            self.wait(1.0)
            raise ProviderError(
                f"the provider {self.binary.name} ended at once: {self.death()}",
                hint="the file is perhaps damaged or for another platform; run terraform init again",
            )
        return parse_handshake(self._first_line)

    def death(self) -> str:
        """How it ended, in a few words; with the first line of a Go panic, which may still hold secrets."""
        exit_code = self._exit()
        if exit_code is None:
            return "it closed its output"
        if exit_code == launch.CANNOT_EXECUTE:
            return "the system cannot execute it"
        how = f"signal {signal.Signals(-exit_code).name}" if exit_code < 0 else f"exit code {exit_code}"
        found = _DEATH.search(self._catch_up())
        return f"{how}, {found.group().decode('utf-8', 'replace')}" if found else how

    def warnings(self) -> list[str]:
        """The warnings and errors that it has logged since it was last asked; they may hold secrets."""
        self._catch_up()
        with self._hearing:
            text, self._stderr = self._stderr.decode("utf-8", "replace"), bytearray()
        return [found for line in text.splitlines() if (found := _warning(line))]

    def private_memory(self) -> int:
        """Bytes that it alone holds and the system could not take back; 0 where the kernel does not tell.

        Pages of files are left out: they are the 700 MB of the binary itself, as far as it was touched. The kernel
        keeps both counts; to add up what ``smaps`` tells costs it 5 ms for each look.
        """
        try:
            _, resident, of_files, *_ = Path(f"/proc/{self.pid}/statm").read_text("ascii").split()
        except (OSError, ValueError):
            return 0
        return (int(resident) - int(of_files)) * _PAGE

    def end(self, grace: float = 1.0) -> None:
        """Ask it to end, then make it, with whatever it started. Safe to call twice."""
        with self._ending:
            if self._ended:
                return
            self._ended = True
            if grace > 0 and self.alive:
                self._signal(signal.SIGTERM)
                self.wait(grace)
            if self._popen.returncode is None:
                # The group may hold more than the provider, a credential helper say. Until we reap its leader,
                # nobody else can have its id.
                self._signal(signal.SIGKILL)
            self._launcher.reap(self._popen)
        self._drain.join(timeout=1)
        for pipe in (self._popen.stdout, self._popen.stderr):
            if pipe is not None:
                with self._hearing, suppress(OSError):
                    pipe.close()
        self._folder.remove()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _exit(self) -> int | None:
        """Its exit code as subprocess writes it, without reaping it."""
        if self._popen.returncode is not None:
            return self._popen.returncode
        try:
            status = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return self._popen.poll()
        if status is None:
            return None
        return status.si_status if status.si_code == os.CLD_EXITED else -status.si_status

    def wait(self, seconds: float) -> None:
        """Wait for it to end, at most so long."""
        deadline = time.monotonic() + seconds
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.005)

    def _read_output(self) -> None:
        """Read both pipes until they end; the event is set at the first line or the end of stdout."""
        line = bytearray()
        with selectors.DefaultSelector() as selector:
            for pipe in (self._popen.stdout, self._popen.stderr):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
                    selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    if key.fileobj is self._popen.stderr:
                        data = self._hear()
                    else:
                        data = _read(key.fd)
                        line += b"" if self._spoke.is_set() else data or b""
                        if not self._spoke.is_set() and (b"\n" in line or len(line) > _LONGEST_LINE or data == b""):
                            self._first_line = bytes(line.split(b"\n", 1)[0])
                            self._spoke.set()
                    if data == b"":
                        selector.unregister(key.fileobj)

    def _catch_up(self) -> bytes:
        """All that it has written to stderr by now: the thread that drains the pipe may not have got there."""
        while self._hear():
            pass
        with self._hearing:
            return bytes(self._stderr)

    def _hear(self) -> bytes | None:
        """Take what it wrote to stderr; empty at the end, None where another thread was first."""
        with self._hearing:
            pipe = self._popen.stderr
            data = b"" if pipe is None or pipe.closed else _read(pipe.fileno())
            self._stderr = (self._stderr + (data or b""))[-_KEPT_STDERR:]
        return data


def _read(descriptor: int) -> bytes | None:
    """What is there to be read: empty at the end, None where there is nothing now."""
    try:
        return os.read(descriptor, 65_536)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _warning(line: str) -> str | None:
    """What a line of a log warns of: of the standard logger's, or of Terraform's in JSON."""
    if found := _PLAIN_WARNING.search(line):
        return found.group(1)
    try:
        entry = json.loads(line) if line.startswith("{") else None
    except ValueError:
        return None
    if isinstance(entry, dict) and entry.get("@level") in ("warn", "error"):
        return f"{entry.get('@message', '')} {entry.get('error', '')}".strip()
    return None


def _logging(binary: Path, level: str) -> dict[str, str]:
    """The variables that say what a provider logs: in the ordinary case nothing.

    Left to themselves, providers write every request to us at level TRACE, secrets included, for half of our CPU
    and much of theirs. Each of their libraries listens to a variable of its own, and the provider's own
    logger to one with the provider's name.
    """
    names = ["TF_LOG", "TF_LOG_SDK", "TF_LOG_PROVIDER"]
    if name := _PROVIDER_NAME.match(binary.name):
        names.append(f"TF_LOG_PROVIDER_{name.group(1).upper().replace('-', '_')}")
    return dict.fromkeys(names, level)
