"""AWS on this machine: moto's server in a child process, started and ended by us."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from importlib.util import find_spec
from types import TracebackType
from typing import Final, Self

from reconciler.errors import CloudError
from reconciler.sandbox.emulator_process import CLONE, LEAVE

ACCOUNT_ID: Final = "123456789012"
REGION: Final = "ap-northeast-2"

_INSTALL = "in a checkout: pip install '.[embedded,emulator]'"
_START_TIMEOUT = 60.0
_STOP_TIMEOUT = 5.0
_PASSED = ("PATH", "HOME", "LANG", "TMPDIR")


class Emulator:
    """An AWS account that nobody pays for, on a free port of the loopback interface.

    Use it in a ``with`` statement. It also ends when our process ends, however that happens.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._port = 0
        self._pid = 0

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            CloudError: the ``emulator`` extra is not installed, or it does not start.
        """
        if find_spec("moto") is None or find_spec("werkzeug") is None:
            raise CloudError("the AWS emulator is not installed", hint=_INSTALL)
        env = {name: os.environ[name] for name in _PASSED if name in os.environ}
        # AWS's own managed policies exist, as in every account.
        env |= {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "PYTHONWARNINGS": "ignore"}
        self._control, theirs = socket.socketpair()
        with theirs:
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "reconciler.sandbox.emulator_process"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=env,
                # Ctrl-C is for us: the emulator has to outlive the orderly end of what uses it.
                start_new_session=True,
            )
        self._await_ready()

    def clone(self) -> Emulator:
        """A second emulator that holds all that this one holds now, running; they share nothing from then on.

        Nobody may be using this one at the moment.

        Raises:
            CloudError: this one does not run, or no clone comes.
        """
        if self._control is None:
            raise CloudError("the AWS emulator is not running", hint="start it first")
        copy = Emulator()
        copy._control, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [CLONE], [theirs.fileno()])
        copy._await_ready()
        return copy

    def leave_running(self) -> int:
        """Let it outlive us. From here on it is nobody's; a signal to its process ends it.

        Returns:
            Its process id.

        Raises:
            CloudError: it does not run.
        """
        if self._control is None:
            raise CloudError("the AWS emulator is not running", hint="start it first")
        self._control.sendall(LEAVE)
        self._control.close()
        self._control = self._child = None
        return self._pid

    def stop(self) -> None:
        """End it. What it held is gone. May be called again."""
        control, self._control = self._control, None
        child, self._child = self._child, None
        if control is not None:
            with control, contextlib.suppress(OSError):
                control.shutdown(socket.SHUT_WR)
                # It ends then, and its end of the socket with it.
                control.settimeout(_STOP_TIMEOUT)
                while control.recv(64):
                    pass
        if child is not None:
            try:
                child.wait(_STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def reset(self) -> None:
        """Forget every resource.

        Raises:
            CloudError: it does not answer.
        """
        self._request("POST", "/moto-api/reset")

    @property
    def url(self) -> str:
        """The endpoint of every service. An IP address, so S3 needs no path-style setting."""
        if self._control is None:
            raise CloudError("the AWS emulator is not running", hint="start it first")
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """Its process id, None where it does not run."""
        return self._pid if self._control is not None else None

    def environment(self) -> dict[str, str]:
        """What a child needs to use it as AWS: terraform, its providers, the S3 backend, the AWS CLI."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "emulator",
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self) -> Self:
        """Start it, unless it runs: a clone does."""
        if self._control is None:
            self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.stop()

    def _await_ready(self) -> None:
        try:
            # It greets when it listens already: the first request is answered, if not at once.
            self._port, self._pid = self._read_greeting()
        except BaseException:
            self.stop()
            raise

    def _read_greeting(self) -> tuple[int, int]:
        line = b""
        if self._control is not None:
            self._control.settimeout(_START_TIMEOUT)
            with contextlib.suppress(OSError):
                while not line.endswith(b"\n") and (chunk := self._control.recv(64)):
                    line += chunk
        if not line.endswith(b"\n"):
            raise CloudError("the AWS emulator does not start", hint=_INSTALL)
        port, pid = line.split()
        return int(port), int(pid)

    def _request(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(self.url + path, method=method)  # noqa: S310  # our own http:// address
        # No proxy: it is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                body = answer.read()
        except (urllib.error.URLError, OSError) as error:
            raise CloudError("the AWS emulator does not answer", hint="start it again") from error
        return bytes(body)
