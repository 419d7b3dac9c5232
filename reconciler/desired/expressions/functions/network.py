"""CIDR arithmetic."""

from __future__ import annotations

import ipaddress

from reconciler.desired.expressions.functions.collections import whole_number
from reconciler.desired.expressions.functions.registry import Function, Functions
from reconciler.desired.expressions.values import FailureError
from reconciler.drift.values import UNKNOWN, Value


def _network(prefix: Value) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if not isinstance(prefix, str) or "/" not in prefix:
        raise FailureError
    try:
        return ipaddress.ip_network(prefix, strict=False)
    except ValueError as error:
        raise FailureError from error


def _cidrsubnet(prefix: Value, bits: Value, number: Value) -> Value:
    network, more, which = _network(prefix), whole_number(bits), whole_number(number)
    length = network.prefixlen + more
    if more < 0 or length > network.max_prefixlen or not 0 <= which < 2**more:
        raise FailureError
    address = int(network.network_address) + (which << (network.max_prefixlen - length))
    return f"{type(network.network_address)(address)}/{length}"


def _cidrhost(prefix: Value, number: Value) -> Value:
    network, which = _network(prefix), whole_number(number)
    if not -network.num_addresses <= which < network.num_addresses:
        raise FailureError
    return str(network[which])


def _cidrnetmask(prefix: Value) -> Value:
    network = _network(prefix)
    return str(network.netmask) if network.version == 4 else UNKNOWN


FUNCTIONS: Functions = {
    "cidrsubnet": Function(_cidrsubnet, 3, 3),
    "cidrhost": Function(_cidrhost, 2, 2),
    "cidrnetmask": Function(_cidrnetmask),
}
