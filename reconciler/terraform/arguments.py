"""Argument lists for terraform, made by python-terraform and never run by it.

Its ``cmd`` copies our whole environment, inherits stdin, loads the state after each run, logs variables, and cannot
stream; what it builds is sound: a list, no shell.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import python_terraform

FLAG = python_terraform.IsFlagged
"""An option without a value."""

Option: TypeAlias = "str | int | bool | list[str] | type | None"
"""``FLAG`` for a bare option, a list for a repeated one, None for none."""

# It logs argument lists and output at DEBUG, where values may stand.
logging.getLogger("python_terraform").propagate = False


class _Builder(python_terraform.Terraform):  # type: ignore[misc]  # the library has no types
    """The library's builder without its habit of loading the state of the current folder when it is made."""

    def read_state_file(self, file_path: str | None = None) -> None:
        """Nothing: state is read elsewhere, and never twice."""


def arguments(
    binary: str, command: str, options: Mapping[str, Option] | None = None, operands: Sequence[str] = ()
) -> list[str]:
    """``[binary, command, -option=value, …, operand, …]``.

    Args:
        binary: the program.
        command: one or more words, ``state pull``.
        options: names with underscores for dashes. A dict is refused: the library would leave a variable file behind.
        operands: what follows the options; none may look like an option.

    Raises:
        ValueError: an operand begins with a dash.
    """
    if any(operand.startswith("-") for operand in operands):
        raise ValueError("an operand may not begin with a dash")
    built = _Builder(terraform_bin_path=binary).generate_cmd_string(command, *operands, **dict(options or {}))
    return [str(part) for part in built]
