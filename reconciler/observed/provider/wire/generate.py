"""Makes the ``*_pb2`` modules from the ``.proto`` files beside this one. For developers: needs grpcio-tools."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[3]
# Stubs are linted like any other file unless they say that a machine wrote them.
MARK = "# ruff: noqa: A002, E501, I001, RUF023, UP007, UP045\n# fmt: off\n"


def generate() -> None:
    """Run protoc over all definitions, and mark the type stubs as made by a machine."""
    for old in (*FOLDER.glob("*_pb2.py"), *FOLDER.glob("*_pb2.pyi")):
        old.unlink()
    subprocess.run(  # noqa: S603 our own interpreter and our own files
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT}", f"--python_out={ROOT}", f"--pyi_out={ROOT}"]
        + [str(path) for path in sorted(FOLDER.glob("*.proto"))],
        check=True,
    )
    for stub in FOLDER.glob("*_pb2.pyi"):
        stub.write_text(MARK + stub.read_text())


if __name__ == "__main__":
    generate()
