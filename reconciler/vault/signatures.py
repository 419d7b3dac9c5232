"""SSH signatures over plans: made with a person's own key, checked against a file that only root can write.

Who can write to the database, and even who has the master key, cannot make one. ``ssh-keygen -Y`` does both. Format:
https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reconciler.errors import VaultError
from reconciler.vault.roots_word import insist

NAMESPACE: Final = "reconciler-plan"
"""What a signature is for: one made for anything else is none here."""

_TIMEOUT: Final = 60.0  # seconds; an agent may ask its owner first
_MOST_BYTES: Final = 16 * 1024
_PASSED: Final = ("PATH", "HOME", "SSH_AUTH_SOCK", "DISPLAY", "WAYLAND_DISPLAY", "SSH_ASKPASS")


def sign(digest: str, key: Path, environ: Mapping[str, str]) -> str:
    """Sign a plan's digest.

    Args:
        digest: of the plan.
        key: a private key's file, or a public key whose private one an agent holds.
        environ: our environment: where the agent is.

    Raises:
        VaultError: ssh-keygen is not installed, or cannot use the key.
    """
    done = _run(["-Y", "sign", "-n", NAMESPACE, "-f", str(key)], digest, environ)
    if done.returncode != 0:
        raise VaultError(
            f"the plan cannot be signed with {key}", hint="check that the key is yours, and loaded into the agent"
        )
    return done.stdout


def signing_command(digest: str, key: str) -> str:
    """What to type where the key is, to sign a digest into ``plan.sig``; both are fit for a shell already."""
    return f"printf %s {digest} | ssh-keygen -Y sign -n {NAMESPACE} -f {key} > plan.sig"


def is_signed(digest: str, signature: str, user: str, allowed_signers: Path, *, owner: int = 0) -> bool:
    """Whether a signature over a digest is by a key of this user.

    Args:
        digest: of the plan.
        signature: as ssh-keygen makes it.
        user: their name, as a principal of the file.
        allowed_signers: the file of keys (``man ssh-keygen``, ALLOWED SIGNERS).
        owner: who alone may be able to write that file: root.

    Raises:
        VaultError: the file is missing, or others than its owner can write it; or ssh-keygen is not installed.
    """
    insist(allowed_signers, owner)
    if len(signature) > _MOST_BYTES or user.startswith("-"):
        return False
    with tempfile.NamedTemporaryFile("w", prefix="reconciler-", suffix=".sig") as file:
        file.write(signature)
        file.flush()
        arguments = ["-Y", "verify", "-n", NAMESPACE, "-f", str(allowed_signers), "-I", user, "-s", file.name]
        return _run(arguments, digest, os.environ).returncode == 0


def _run(arguments: list[str], text: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    program = shutil.which("ssh-keygen", path=environ.get("PATH", os.defpath))
    if program is None:
        raise VaultError("ssh-keygen is not installed", hint="install OpenSSH's client")
    env = {name: environ[name] for name in _PASSED if name in environ}
    try:
        return subprocess.run(  # noqa: S603 - all of it is ours, and there is no shell
            [program, *arguments], input=text, env=env, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise VaultError(
            "ssh-keygen did not end", hint="it may wait for a passphrase: load the key into an agent"
        ) from error
