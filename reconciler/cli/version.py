"""Which release this is, from the metadata of the installed package."""

from __future__ import annotations


def version() -> str:
    """The release, such as ``0.1.0``; ``unknown`` where the package runs without being installed."""
    from importlib import metadata  # noqa: PLC0415  slow, and rarely needed

    try:
        return metadata.version("terraform-reconciler")
    except metadata.PackageNotFoundError:
        return "unknown"
