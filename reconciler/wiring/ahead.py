"""Providers started before it is known what they will read: that takes them as long as the state takes to be read."""

from __future__ import annotations

import contextlib
from threading import Thread
from typing import TYPE_CHECKING

from reconciler.drift.snapshot import ProviderBlock, Template
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.observed.provider.pool import ProviderPool
    from reconciler.wiring.iac import Iac


def start_providers(template: Template, iac: Iac, pool: ProviderPool) -> None:
    """Start, beside us, the provider configurations that the template's resources use, where all of it is at hand.

    What goes wrong is not told here: the reading meets the same fault, and tells it.
    """
    used = {resource.provider for resource in template.resources}
    for block in template.providers:
        if block.address in used and not block.unresolved:
            Thread(target=_start, args=(template, block, iac, pool), name="provider-ahead", daemon=True).start()


def _start(template: Template, block: ProviderBlock, iac: Iac, pool: ProviderPool) -> None:
    with contextlib.suppress(ReconcilerError):
        binary = iac.installed(template, block.address.source)
        if binary is not None:
            pool.session(binary.path, block.values, iac.cloud.child_environment()).start()
