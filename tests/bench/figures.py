"""Figures: the runs behind each, their medians, and how they are shown and kept."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """Something measured, perhaps beside a peer. Units: ``s``, ``ms``, ``µs``, ``MB``, ``/s``, ``calls``."""

    subject: str
    what: str
    ours: Sequence[float]
    unit: str
    peer: str = ""
    theirs: Sequence[float] = field(default_factory=tuple)
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times less we need than the peer, by the medians; for rates, our part of the peer's."""
        if not self.theirs or not statistics.median(self.ours):
            return None
        ours, theirs = statistics.median(self.ours), statistics.median(self.theirs)
        return ours / theirs if self.unit == "/s" else theirs / ours

    def line(self) -> str:
        """As a line of a table."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        columns = f"{self.subject:<34.34} {self.what:<30.30}"
        return f"{columns} {self._span(self.ours):>22} {self._span(self.theirs):>22} {ratio:>6}"

    def _span(self, values: Sequence[float]) -> str:
        if not values:
            return ""
        median = statistics.median(values)
        digits = 0 if median >= 100 else 2
        shown = f"{median:,.{digits}f} {self.unit}"
        return shown if len(values) == 1 else f"{shown} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


HEAD = f"{'':<34} {'':<30} {'ours, median (range)':>22} {'peer':>22} {'ratio':>6}"


def write(figures: Sequence[Figure], folder: Path, began: float, load: Sequence[float]) -> Path:
    """Keep them as JSON, with the machine that they are of."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.json"
    machine = {
        "processors": os.cpu_count(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "load_before": list(load),
        "load_after": list(os.getloadavg()),
        "seconds": round(time.time() - began),
    }
    document = {"machine": machine, "figures": [{**asdict(figure), "ratio": figure.ratio} for figure in figures]}
    path.write_text(json.dumps(document, indent=1), "utf-8")
    return path
