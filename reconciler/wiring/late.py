"""What is slow to import and used from several threads: imported when it is first needed, by one thread at a time.

Where two threads import the modules of one package at once, and the modules import each other, Python ends the deadlock
by giving one of them half a module.
"""

from __future__ import annotations

import importlib
import threading
from typing import Final

_AWS: Final = ("boto3", "reconciler.observed.sweep.principals", "reconciler.observed.sweep.witness")
_one_at_a_time = threading.Lock()


def import_aws() -> None:
    """Import boto3 and what of ours needs it, whole."""
    with _one_at_a_time:
        for name in _AWS:
            importlib.import_module(name)
