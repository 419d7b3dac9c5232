"""A place of our own to run terraform in: the template's files seen from under the state directory.

``terraform init`` writes ``.terraform`` and the lock file into the folder it runs in, and a scan must not write into
the template's. So the folder is rebuilt of symbolic links, with the module folders around it at the same relative
places; only what Terraform writes is real: the lock file and the installed modules are copies. State is never part of
it.
"""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from reconciler.errors import BusyError, TemplateError, TerraformError
from reconciler.terraform.turns import locked, turns_below

LOCK_FILE = ".terraform.lock.hcl"
DATA_DIR = ".terraform"
ERRORED = "errored.tfstate"
"""Where Terraform leaves a state that its backend did not take."""
KEPT = 8
"""How many versions of one template are kept: another pass may be running on an older one."""

_OURS = (".reconciler", "reconciler_")
_LEFT_OUT = (DATA_DIR, "*.tfstate", "*.tfstate.*", ".terraform.tfstate.lock.info", ".git", LOCK_FILE)


def work_copy(template: Path, files: Iterable[str], *, digest: str, root: Path) -> Path:
    """The template's folder in its work copy, made if it is not there yet.

    Args:
        template: the template's folder.
        files: what was read of the template, as POSIX paths from its folder; ``../modules/x/main.tf`` brings the
            folder ``../modules/x``.
        digest: the template's digest; another one makes another copy.
        root: the folder of all work copies, made 0700.

    Raises:
        TemplateError: the template's folder cannot be read.
        TerraformError: the copy cannot be written.
    """
    template = template.absolute()
    # What init has installed below .terraform is copied, not linked: init may install it anew.
    parents = {PurePosixPath(name).parent for name in files}
    folders = {_folder(template, parent) for parent in parents if DATA_DIR not in parent.parts} | {template}
    base = Path(os.path.commonpath([template, *folders]))
    own = root / hashlib.sha256(os.fsencode(template)).hexdigest()[:16]
    target = own / hashlib.sha256(f"{digest}\0{base}\0{sorted(map(str, folders))}".encode()).hexdigest()[:16]
    folder = target / template.relative_to(base)
    if target.is_dir():
        with contextlib.suppress(OSError):
            os.utime(target)  # it is in use: not the one to go
        return folder
    try:
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=own, prefix=".making-"))  # 0700 from birth
        try:
            _mirror(base, template, folders, temporary)
            _publish(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _prune(own, target)
    except OSError as error:
        if error.filename is not None and not str(error.filename).startswith(str(root)):
            raise TemplateError(
                f"the template's folder cannot be read: {error.filename}", hint="check that it exists and is readable"
            ) from error
        raise TerraformError(
            f"no work copy can be made below {root}: {error.strerror}",
            hint="check the state directory's permissions and space",
        ) from error
    return folder


def _folder(template: Path, relative: PurePosixPath) -> Path:
    # As Terraform resolves module sources: by the text of the path, not through links.
    return Path(os.path.normpath(template.joinpath(*relative.parts)))


def _mirror(base: Path, template: Path, folders: set[Path], target: Path) -> None:
    """Real folders from the base down to the template, links for everything else."""
    real = {template, *(parent for parent in template.parents if parent.is_relative_to(base))}
    for folder in sorted(real):
        (target / folder.relative_to(base)).mkdir(mode=0o700, exist_ok=True)
    linked: set[Path] = set()
    for folder in sorted(folders):
        if folder in real:
            wanted = [child for child in sorted(folder.iterdir()) if child not in real and not _left_out(child.name)]
        elif linked.isdisjoint(folder.parents):
            wanted = [folder]
        else:
            continue
        for source in wanted:
            link = target / source.relative_to(base)
            if source not in linked and linked.isdisjoint(source.parents):
                link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                link.symlink_to(source)
                linked.add(source)
    own = target / template.relative_to(base)
    if (template / LOCK_FILE).is_file():
        shutil.copyfile(template / LOCK_FILE, own / LOCK_FILE)
    if (template / DATA_DIR / "modules").is_dir():
        installed = own / DATA_DIR / "modules"
        shutil.copytree(
            template / DATA_DIR / "modules", installed, symlinks=True, ignore=shutil.ignore_patterns(".git")
        )


def _left_out(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in _LEFT_OUT)


def _publish(temporary: Path, target: Path) -> None:
    try:
        temporary.rename(target)
    except OSError:
        # Another thread or process was first; a folder that is not empty is never replaced.
        if not target.is_dir():
            raise


def _prune(own: Path, current: Path) -> None:
    copies = [child for child in own.iterdir() if not child.name.startswith(".") and child != current]
    copies.sort(key=lambda child: child.stat().st_mtime_ns, reverse=True)
    for old in copies[KEPT - 1 :]:
        # An apply may be at work there for hours. The turns are kept until it is gone, so that none begins meanwhile.
        with contextlib.suppress(BusyError, TerraformError), contextlib.ExitStack() as turns:
            for turn in turns_below(old):
                turns.enter_context(locked(turn, 0.0))
            # A state that no backend took is nowhere else.
            if not any(old.rglob(ERRORED)):
                shutil.rmtree(old, ignore_errors=True)


def made_in(folder: Path) -> dict[str, str]:
    """What planning has made in a work copy beside the template's files: an archive of code, say.

    Returns:
        By name, the SHA-256 of what it holds. Neither Terraform's own files are among it nor ours.

    Raises:
        TerraformError: a file cannot be read.
    """
    try:
        return dict(_made_in(folder))
    except OSError as error:
        raise TerraformError(f"the work copy {folder} cannot be read: {error.strerror}") from error


def _made_in(folder: Path) -> Iterator[tuple[str, str]]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != DATA_DIR]
        for name in names:
            path = Path(place, name)
            if not path.is_symlink() and not _left_out(name) and not name.startswith(_OURS):
                yield str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest()
