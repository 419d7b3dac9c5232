"""Puts the adapters together for one configuration. The only place that knows settings and adapters at once."""

from __future__ import annotations

from reconciler.wiring.application import Application, open_application, open_examination

__all__ = ["Application", "open_application", "open_examination"]
