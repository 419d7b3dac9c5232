"""Filesystem mirrors of providers: where they are, and what they hold.

A mirror is a folder ``<host>/<namespace>/<name>/…``, each provider unpacked (``<version>/<os>_<arch>/``) or packed
(``terraform-provider-<name>_<version>_<os>_<arch>.zip``), or both:
https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reconciler.terraform.versions import Version

REGISTRY = "registry.terraform.io"
SYSTEM_ROOTS = (Path("/usr/share/terraform"), Path("/usr/local/share/terraform"))
OPT = Path("/opt")

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i686": "386", "armv7l": "arm"}
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A version of a provider in a mirror: a folder with the binary in it, or a zip archive."""

    version: Version
    path: Path
    packed: bool


def this_platform() -> str:
    """``linux_amd64``: the name that Terraform gives to the machine we run on."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{_MACHINES.get(machine, machine)}"


def find_mirrors(
    extra: Iterable[Path] = (),
    *,
    home: Path | None = None,
    system_roots: Iterable[Path] = SYSTEM_ROOTS,
    opt: Path = OPT,
) -> tuple[Path, ...]:
    """The mirrors of this machine, those given first, each once. A folder that cannot be read is none.

    Args:
        extra: folders from the configuration; one that is no mirror is left out.
        home: the user's home folder, where ``.terraform.d/plugins`` may be.
        system_roots: folders any child of which may be a mirror.
        opt: a folder in which a mirror is at most two levels down.
    """
    candidates = [Path(folder).expanduser().absolute() for folder in extra]
    if home is not None:
        candidates.append(home / ".terraform.d" / "plugins")
    for root in system_roots:
        candidates.extend(_folders(root))
    near = [opt, *_folders(opt)]
    candidates.extend(f for top in near for f in (top, *_folders(top)) if (f / REGISTRY).is_dir())
    return tuple(dict.fromkeys(folder for folder in candidates if any(True for _ in sources_in(folder))))


def sources_in(mirror: Path) -> Iterator[str]:
    """The providers of a mirror as ``host/namespace/name``, sorted."""
    for host in _folders(mirror):
        if _HOST.fullmatch(host.name):
            yield from (
                f"{host.name}/{namespace.name}/{name.name}"
                for namespace in _folders(host)
                for name in _folders(namespace)
            )


def versions_in(mirror: Path, source: str, machine: str) -> Iterator[Mirrored]:
    """What a mirror holds of a provider for a machine (``linux_amd64``). Names that are no versions are skipped."""
    folder = mirror.joinpath(*source.split("/"))
    name = source.rsplit("/", 1)[-1]
    for child in _folders(folder):
        version = _version(child.name)
        if version is not None and (child / machine).is_dir():
            yield Mirrored(version, child / machine, packed=False)
    prefix, suffix = f"terraform-provider-{name}_", f"_{machine}.zip"
    for archive in _children(folder):
        if archive.name.startswith(prefix) and archive.name.endswith(suffix) and archive.is_file():
            version = _version(archive.name[len(prefix) : -len(suffix)])
            if version is not None:
                yield Mirrored(version, archive, packed=True)


def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except ValueError:
        return None


def _folders(folder: Path) -> list[Path]:
    return [child for child in _children(folder) if child.is_dir()]


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        # Absent, no folder, or not ours to read: Terraform could not use it either.
        return []
