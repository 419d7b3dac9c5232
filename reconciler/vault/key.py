"""The master key: 32 random bytes in a file that only we can read. Beside it, older ones, for what they sealed."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reconciler.errors import VaultError

KEY_BYTES: Final = 32
FILE_NAME: Final = "master-key"
"""The file under the state directory, and the name of the systemd credential."""
OLDER_NAME: Final = "older-master-key"
"""How the names of systemd credentials begin that hold older keys."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The key, and the short name by which sealed values know it."""

    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """A key that nobody has had before."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @property
    def id(self) -> str:
        """12 hex digits of a digest. 256 random bits cannot be guessed from it."""
        return hashlib.sha256(b"reconciler master key\0" + self.secret).hexdigest()[:12]

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, by HKDF-SHA256 (RFC 5869). Purposes tell nothing of each other."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(self.secret)


def load_master_key(
    state_dir: Path, *, key_file: Path | None = None, credentials_directory: Path | None = None
) -> MasterKey:
    """The master key of this installation.

    Args:
        state_dir: where a key is made at first use if nothing else names one.
        key_file: the file that the settings name.
        credentials_directory: systemd's ``$CREDENTIALS_DIRECTORY``; ``LoadCredential=master-key:…`` puts a key there.

    Raises:
        VaultError: the file is missing, others can read it, or it holds no key.
    """
    if key_file is not None:
        return _read(key_file, forbidden=0o077)
    if credentials_directory is not None and (credentials_directory / FILE_NAME).exists():
        # systemd may let the service in through an ACL, whose mask shows as the group's bits.
        return _read(credentials_directory / FILE_NAME, forbidden=0o007)
    path = state_dir / FILE_NAME
    if not path.exists():
        _make(path)
    return _read(path, forbidden=0o077)


def load_older_keys(
    key_files: Sequence[Path] = (), *, credentials_directory: Path | None = None
) -> tuple[MasterKey, ...]:
    """The keys of before, which still open what they sealed.

    Args:
        key_files: the files that the settings name.
        credentials_directory: systemd's ``$CREDENTIALS_DIRECTORY``; ``LoadCredential=older-master-key-1:…`` puts one
            there, and every name that begins so counts.

    Raises:
        VaultError: a file is missing, others can read it, or it holds no key.
    """
    hint = "restore it from a backup, or leave it out of the settings once nothing is sealed with it any more"
    given = sorted(credentials_directory.glob(f"{OLDER_NAME}*")) if credentials_directory is not None else []
    return (
        *(_read(path, forbidden=0o077, missing=hint) for path in key_files),
        *(_read(path, forbidden=0o007, missing=hint) for path in given),
    )


def _read(path: Path, *, forbidden: int, missing: str | None = None) -> MasterKey:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            secret = os.read(descriptor, KEY_BYTES + 1) if stat.S_ISREG(status.st_mode) else b""
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        hint = missing or f"make one: (umask 077; head -c {KEY_BYTES} /dev/urandom > {path})"
        raise VaultError(f"there is no master key at {path}", hint=hint) from error
    except OSError as error:
        raise VaultError(f"cannot read the master key {path}: {error.strerror}") from error
    if status.st_mode & forbidden:
        raise VaultError(f"others can read the master key {path}", hint=f"chmod 600 {path}")
    if status.st_uid not in (0, os.geteuid()):
        raise VaultError(f"the master key {path} belongs to another user", hint=f"chown it to uid {os.geteuid()}")
    if len(secret) != KEY_BYTES:
        hint = "restore the file from a backup: what was sealed with another key does not open"
        raise VaultError(f"the master key {path} must be a file of exactly {KEY_BYTES} bytes", hint=hint)
    return MasterKey(secret)


def _make(path: Path) -> None:
    """Write a new key. Whoever comes second, a process or a crash, finds the first one's key whole."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(MasterKey.new().secret)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)  # fails where a rename would replace the key of another process
        except FileExistsError:
            return
        finally:
            draft.unlink()
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise VaultError(f"cannot make the master key {path}: {error.strerror}", hint="set vault.key_file") from error
