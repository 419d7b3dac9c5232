"""``templates restore``: a kept version of a template, back to disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from reconciler.errors import TemplateError


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """The files of a kept version: content by path from the template's folder, and why others are not among them."""

    content: Mapping[str, bytes] = field(repr=False)
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was written, and of the files that were not kept, why."""

    written: tuple[Path, ...]
    left_out: Mapping[str, str]


def the_version(prefix: str, versions: Iterable[str]) -> str:
    """The one version that begins so.

    Raises:
        TemplateError: none does, or several do.
    """
    found = sorted({version for version in versions if prefix and version.startswith(prefix)})
    if prefix in found:
        return prefix
    if len(found) > 1:
        shown = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        raise TemplateError(f"{prefix!r} begins several versions: {shown}", hint="give more of it")
    if not found:
        raise TemplateError(f"no version {prefix!r} of a template is kept", hint="reconciler templates list")
    return found[0]


def write_files(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write a template's files below a new or empty folder, and say where each is.

    A template reaches its modules by paths such as ``../modules/network``: the files are laid out as they were, with
    the template so many folders down that everything stays below ``folder``.

    Raises:
        TemplateError: the folder is not empty, or cannot be written.
    """
    parts = {name: PurePosixPath(name).parts for name in files}
    up = max((sum(1 for part in each if part == "..") for each in parts.values()), default=0)
    root = folder.joinpath(*("template",) * up)
    written = []
    try:
        if folder.exists() and any(folder.iterdir()):
            raise TemplateError(f"{folder} is not empty", hint="name a new folder")
        for name, each in sorted(parts.items()):
            above = sum(1 for part in each if part == "..")
            base = folder.joinpath(*("template",) * (up - above))
            path = base.joinpath(*(part for part in each if part != "..")) if above else root.joinpath(*each)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
            written.append(path)
    except OSError as error:
        raise TemplateError(f"{folder} cannot be written: {error.strerror}") from error
    return written
