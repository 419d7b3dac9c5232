"""``templates restore``: a kept version of a template, back to disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from reconciler.errors import TemplateError


def write_files(files: Mapping[str, str], folder: Path) -> list[Path]:
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
            path.write_text(files[name], "utf-8")
            written.append(path)
    except OSError as error:
        raise TemplateError(f"{folder} cannot be written: {error.strerror}") from error
    return written
