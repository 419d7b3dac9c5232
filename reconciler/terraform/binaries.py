"""Finding the binary of a provider: beside the template, in our own work folders, in the mirrors.

Where it is nowhere, the caller runs ``terraform init`` in a work copy, which fetches it from its registry, and looks
again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import ProviderError
from reconciler.terraform.archives import unpack
from reconciler.terraform.mirrors import Mirrored, this_platform, versions_in
from reconciler.terraform.versions import Constraint


@dataclass(frozen=True, slots=True)
class ProviderBinary:
    """A provider that can be started. ``source`` is ``host/namespace/name``."""

    source: str
    version: str
    path: Path


def find_provider(
    source: str,
    *,
    constraint: str | None = None,
    locked: str | None = None,
    data_dirs: Iterable[Path] = (),
    mirrors: Sequence[Path] = (),
    cache: Path,
    machine: str | None = None,
) -> ProviderBinary | None:
    """The binary that Terraform would use, or None where ``terraform init`` has to fetch it.

    The locked version, else the newest that the constraint allows: first of what ``init`` has installed, then of the
    mirrors. Of one version in several mirrors the first mirror's is taken, and unpacked before packed.

    Args:
        source: ``host/namespace/name``.
        constraint: Terraform's text, None for any release.
        locked: the version in the dependency lock file, which decides alone.
        data_dirs: folders in which ``init`` installs (``.terraform``), those of the template and of our work copies.
        mirrors: filesystem mirrors.
        cache: where an archive of a mirror is unpacked, once.
        machine: ``linux_amd64``; None for the one we run on.

    Raises:
        ProviderError: a mirror holds the provider, but no version that is wanted: then Terraform would not ask the
            registry either. Or what was found cannot be used.
    """
    machine = machine or this_platform()
    wanted = _wanted(source, constraint, locked)
    for folders in ([folder / "providers" for folder in data_dirs], mirrors):
        found = [one for folder in folders for one in versions_in(folder, source, machine)]
        version = wanted.newest(one.version for one in found)
        if version is not None:
            # The path's own order keeps the first mirror first; unpacked ones were listed before packed ones.
            chosen = next(one for one in found if one.version == version)
            return ProviderBinary(source, str(version), _binary(chosen, source, cache, machine))
    present = sorted({one.version for folder in mirrors for one in versions_in(folder, source, machine)})
    if present:
        want = f"locked version {locked}" if locked else f"a version that meets {constraint!r}"
        raise ProviderError(
            f"the provider {source} is needed in {want}, but the mirrors hold {', '.join(map(str, present))}",
            hint="add the version to a mirror, or run terraform init -upgrade to lock another one",
        )
    return None


def provider_missing(source: str, mirrors: Iterable[Path], machine: str | None = None) -> ProviderError:
    """The error for a provider that neither a mirror nor ``terraform init`` could give."""
    looked = ", ".join(str(mirror) for mirror in mirrors) or "none found"
    return ProviderError(
        f"the provider {source} is not installed for {machine or this_platform()} (mirrors looked in: {looked})",
        hint="run terraform init in the template's folder, or name a mirror under [terraform] plugin_mirrors",
    )


def _wanted(source: str, constraint: str | None, locked: str | None) -> Constraint:
    try:
        return Constraint.parse(locked or constraint)
    except ValueError as error:
        raise ProviderError(
            f"the version wanted of the provider {source} cannot be read: {error}",
            hint="correct it in required_providers or in .terraform.lock.hcl",
        ) from error


def _binary(mirrored: Mirrored, source: str, cache: Path, machine: str) -> Path:
    folder = mirrored.path
    if mirrored.packed:
        folder = unpack(mirrored.path, cache.joinpath("unpacked", *source.split("/"), str(mirrored.version), machine))
    prefix = f"terraform-provider-{source.rsplit('/', 1)[-1]}"
    try:
        named = sorted(child for child in folder.iterdir() if child.name.startswith(prefix) and child.is_file())
    except OSError as error:
        raise ProviderError(f"the provider {source} cannot be read: {folder}", hint="check its permissions") from error
    for path in named:
        if os.access(path, os.X_OK):
            return path
    raise ProviderError(
        f"no program named {prefix}* is in {folder}",
        hint="the file is missing or not executable: install the provider again",
    )
