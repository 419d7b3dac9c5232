"""Providers kept warm: one session for each binary, configuration and environment, within a memory budget."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from reconciler.drift.values import Object, canonical
from reconciler.errors import ProviderError
from reconciler.observed.provider.host import Limits, Recipe
from reconciler.observed.provider.process import Launcher
from reconciler.observed.provider.schema_cache import SchemaCache
from reconciler.observed.provider.session import ProviderSession

_log: Final = logging.getLogger(__name__)

_EXPECTED_MEMORY: Final = 100 * 1024 * 1024
"""What a provider that starts is counted with: the AWS provider holds 60 to 100 MB."""


class ProviderPool:
    """All providers of this program. Safe to use from several threads; close it, or use it in ``with``."""

    def __init__(
        self,
        cache_dir: Path,
        *,
        limits: Limits | None = None,
        memory_budget_bytes: int = 1024 * 1024 * 1024,
        idle_seconds: float = 3600.0,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            cache_dir: where schemas are kept between starts.
            limits: how much at once and how long.
            memory_budget_bytes: private memory of all provider processes together. A session in use is never
                ended for it, so that one pass may go above it.
            idle_seconds: a provider that was not used for so long is ended at the next :meth:`trim`.
        """
        self._cache = SchemaCache(cache_dir)
        self._limits = limits or Limits()
        self._budget = memory_budget_bytes
        self._idle = idle_seconds
        self._launcher = Launcher()
        self._lock = threading.Lock()
        self._sessions: dict[str, ProviderSession] = {}
        self._calls = 0

    def session(self, binary: Path, configuration: Object, environment: Mapping[str, str]) -> ProviderSession:
        """The session for a provider, a configuration and an environment; the same one for the same three.

        Args:
            binary: the provider's executable.
            configuration: the arguments of the provider block; nested blocks as lists of objects or one object.
            environment: all environment variables that the process gets.

        Raises:
            ProviderError: there is no such executable, or the pool is closed.
        """
        if not binary.is_file() or not os.access(binary, os.X_OK):
            raise ProviderError(
                f"there is no provider at {binary} that can be executed", hint="run terraform init, or check the mirror"
            )
        key = _key(binary, configuration, environment)
        with self._lock:
            if (known := self._sessions.get(key)) is not None:
                return known
            recipe = Recipe(binary, configuration, dict(environment))
            session = ProviderSession(
                key, recipe, self._limits, self._cache, self._launcher, on_use=self._used, on_call=self._count
            )
            self._sessions[key] = session
            return session

    @property
    def sessions(self) -> tuple[ProviderSession, ...]:
        """The sessions that are kept, for the state of health and for tests."""
        with self._lock:
            return tuple(self._sessions.values())

    @property
    def calls(self) -> int:
        """How many reads were sent to providers so far."""
        return self._calls

    def trim(self) -> None:
        """End providers that are idle for too long, and idle ones, least recently used first, above the budget."""
        self._trim(coming=0)

    def close(self) -> None:
        """End all providers, within three seconds, also those that are in use or starting. Safe to call twice."""
        with self._lock:
            sessions = list(self._sessions.values())
            self._sessions.clear()
        self._launcher.refuse()
        ending = [threading.Thread(target=session.end, name="provider-end", daemon=True) for session in sessions]
        for thread in ending:
            thread.start()
        deadline = time.monotonic() + 3
        for thread in ending:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._launcher.close()

    def __enter__(self) -> Self:
        """The pool itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _count(self) -> None:
        with self._lock:
            self._calls += 1

    def _used(self, session: ProviderSession) -> None:
        with self._lock:  # it may have been taken out as stale while somebody still held it
            self._sessions.setdefault(session.key, session)
        self._trim(coming=_EXPECTED_MEMORY if session.busy and not session.running else 0)

    def _trim(self, coming: int) -> None:
        with self._lock:
            stale = time.monotonic() - self._idle
            for key, session in list(self._sessions.items()):
                if not session.busy and session.last_used < stale:
                    # Without its entry here, so that configurations of the past (rotated credentials) do not pile up.
                    del self._sessions[key]
                    session.end_if_idle()
            running = sorted((s for s in self._sessions.values() if s.running), key=lambda s: s.last_used)
        held = {id(session): session.private_memory() for session in running}
        excess = sum(held.values()) + coming - self._budget
        for session in running:
            if excess <= 0:
                break
            if not session.busy:
                _log.info("a provider is put away for its memory: %s", session.binary.name)
                session.end_if_idle()
                excess -= held[id(session)]


def _key(binary: Path, configuration: Object, environment: Mapping[str, str]) -> str:
    """A digest: the parts hold secrets, which have no place in a key."""
    digest = hashlib.sha256()
    for part in (str(binary).encode(), canonical(configuration), canonical(dict(environment))):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
