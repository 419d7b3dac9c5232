"""AWS on this machine: moto's server in a child process, started and ended by us."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from types import TracebackType
from typing import Final, Self

from reconciler.errors import CloudError

ACCOUNT_ID: Final = "123456789012"
REGION: Final = "ap-northeast-2"

_START_TIMEOUT = 60.0
_STOP_TIMEOUT = 5.0
_PASSED = ("PATH", "HOME", "LANG", "TMPDIR")


class Emulator:
    """An AWS account that nobody pays for, on a free port of the loopback interface.

    Use it in a ``with`` statement. It also ends when our process ends, however that happens.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._port = 0

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            CloudError: the ``emulator`` extra is not installed, or it does not start.
        """
        if find_spec("moto") is None or find_spec("werkzeug") is None:
            raise CloudError("the AWS emulator is not installed", hint="pip install 'terraform-reconciler[emulator]'")
        env = {name: os.environ[name] for name in _PASSED if name in os.environ}
        # AWS's own managed policies exist, as in every account.
        env |= {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore"}
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "reconciler.sandbox.emulator_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
            # Ctrl-C is for us: the emulator has to outlive the orderly end of what uses it.
            start_new_session=True,
        )
        try:
            self._port = self._read_port(self._child)
            self._request("GET", "/moto-api/data.json")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it. What it held is gone. May be called again."""
        child, self._child = self._child, None
        if child is None:
            return
        with child:
            if child.stdin is not None:
                child.stdin.close()
            try:
                child.wait(_STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                child.kill()

    def reset(self) -> None:
        """Forget every resource.

        Raises:
            CloudError: it does not answer.
        """
        self._request("POST", "/moto-api/reset")

    @property
    def url(self) -> str:
        """The endpoint of every service. An IP address, so S3 needs no path-style setting."""
        if self._child is None:
            raise CloudError("the AWS emulator is not running", hint="start it first")
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The child's process id, None where it does not run."""
        return self._child.pid if self._child else None

    def environment(self) -> dict[str, str]:
        """What a child needs to use it as AWS: terraform, its providers, the S3 backend, the AWS CLI."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "emulator",
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.stop()

    def _read_port(self, child: subprocess.Popen[bytes]) -> int:
        if child.stdout is None:
            raise CloudError("the AWS emulator does not start")
        deadline = time.monotonic() + _START_TIMEOUT
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                chunk = os.read(child.stdout.fileno(), 16) if ready else b""
                if not chunk:
                    raise CloudError(
                        "the AWS emulator does not start",
                        hint="run python -m reconciler.sandbox.emulator_process to see why",
                    )
                line += chunk
        return int(line)

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
