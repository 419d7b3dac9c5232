"""Unpacking a provider's archive from a mirror: once, whole or not at all, and never outside its folder."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from reconciler.errors import ProviderError

MAX_BYTES = 4 << 30
"""Far above any provider (the largest unpack to about 0.8 GB): an archive beyond it is a bomb or no provider."""


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an archive below a folder and say where; one that is unpacked already is not touched.

    The place carries the archive's size and time of change: a mirror's archive that was replaced is unpacked anew.

    Raises:
        ProviderError: the archive is damaged, too large, or names a place outside; or the cache cannot be written.
    """
    try:
        facts = archive.stat()
        target = folder / f"{facts.st_size:x}-{facts.st_mtime_ns:x}"
        if target.is_dir():
            return target
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder, prefix=".unpacking-"))
        try:
            with zipfile.ZipFile(archive) as opened:
                _extract(opened, temporary, archive)
            _publish(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ProviderError(f"the archive is damaged: {archive}", hint="fetch it into the mirror again") from error
    except OSError as error:
        raise ProviderError(
            f"the archive {archive} cannot be unpacked below {folder}: {error.strerror or 'it cannot be read'}",
            hint="check the permissions of the mirror and the space of the state directory",
        ) from error
    return target


def _publish(temporary: Path, target: Path) -> None:
    try:
        temporary.rename(target)
    except OSError:
        # Another process was first; a folder that is not empty is never replaced.
        if not target.is_dir():
            raise


def _extract(opened: zipfile.ZipFile, folder: Path, archive: Path) -> None:
    members = [member for member in opened.infolist() if not member.is_dir()]
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise ProviderError(f"the archive is too large to be a provider: {archive}", hint="look at what it holds")
    for member in members:
        path = PurePosixPath(member.filename)
        mode = member.external_attr >> 16
        regular = stat.S_IFMT(mode) in (0, stat.S_IFREG)
        if path.is_absolute() or ".." in path.parts or "\\" in member.filename or not regular:
            raise ProviderError(
                f"the archive holds something that is no plain file below it: {archive}",
                hint="do not use this archive: fetch the provider from its registry again",
            )
        target = folder.joinpath(*path.parts)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with opened.open(member) as source, target.open("xb") as sink:
            # The size in the directory may lie: what is read counts.
            left = member.file_size
            while chunk := source.read(min(1 << 20, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise zipfile.BadZipFile(member.filename)
                sink.write(chunk)
        # Whatever the archive says, or does not: the program has to run, and nothing else has to.
        target.chmod(0o700 if path.name.startswith("terraform-provider-") else 0o600)
