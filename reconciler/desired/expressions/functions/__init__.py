"""Terraform's pure functions. One that is not here, or that reads files or the clock, is worth UNKNOWN.

Reference: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

from reconciler.desired.expressions.functions import (
    collections,
    conversion,
    encoding,
    mappings,
    network,
    numeric,
    sets,
    text,
)
from reconciler.desired.expressions.functions.registry import Functions
from reconciler.drift.values import UNKNOWN, Value

_FUNCTIONS: Functions = {
    **collections.FUNCTIONS,
    **conversion.FUNCTIONS,
    **encoding.FUNCTIONS,
    **mappings.FUNCTIONS,
    **network.FUNCTIONS,
    **numeric.FUNCTIONS,
    **sets.FUNCTIONS,
    **text.FUNCTIONS,
}


def call(name: str, arguments: list[Value]) -> Value:
    """Apply the function of that name.

    Raises:
        FailureError: Terraform would refuse the arguments.
    """
    function = _FUNCTIONS.get(name.removeprefix("core::"))
    return UNKNOWN if function is None else function(arguments)
