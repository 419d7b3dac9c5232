"""Conditions on plans, written in CEL (https://cel.dev): read where a configuration is, asked where a plan is judged.

The library takes a tenth of a second to import, which only a configuration with conditions has to spend.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_VARIABLES: Final = frozenset({"plan"})
_BOUND: Final = re.compile(r"\.(?:all|exists|exists_one|filter|map)\s*\(\s*(\w+)\s*,")


def is_condition(text: str) -> bool:
    """Whether it is an expression over ``plan`` and nothing else."""
    import cel  # noqa: PLC0415  see the module's docstring

    try:
        program = cel.compile(text)
    except ValueError:
        return False
    # The library counts the names that a macro binds, too.
    return set(program.variables()) <= _VARIABLES | set(_BOUND.findall(text))


def holds(text: str, plan: Mapping[str, Any]) -> bool:
    """Whether a condition is true of a plan. What cannot be evaluated, or is no truth, is not true.

    Args:
        text: the condition.
        plan: as ``plans show --format json`` prints it.
    """
    import cel  # noqa: PLC0415  see the module's docstring

    try:
        return cel.compile(text).execute({"plan": dict(plan)}) is True
    except Exception:  # noqa: BLE001  the library raises whatever comes; a rule in doubt approves nothing
        return False
