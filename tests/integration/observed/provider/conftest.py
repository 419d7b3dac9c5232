from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.provider_host import make_launcher, process_exists, provider_environment

from reconciler.observed.provider.host import Limits
from reconciler.observed.provider.pool import ProviderPool
from reconciler.observed.provider.session import ProviderSession


@pytest.fixture(scope="session")
def provider_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("provider")


@pytest.fixture(scope="session")
def launcher(provider_home: Path) -> Path:
    return make_launcher(provider_home)


@pytest.fixture(autouse=True)
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where providers' sockets are in this test. pytest's own folders have paths that are too long."""
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.fixture
def make_pool(tmp_path: Path, sockets: Path) -> Iterator[Callable[..., ProviderPool]]:
    """Pools that are closed, in time, and leave no process."""
    pools: list[ProviderPool] = []

    def make(**options: Any) -> ProviderPool:
        pools.append(ProviderPool(tmp_path / "cache", **options))
        return pools[-1]

    yield make
    for pool in pools:
        began = time.monotonic()
        pids = [session.pid for session in pool.sessions if session.pid]
        pool.close()
        assert time.monotonic() - began < 5
        assert not [pid for pid in pids if process_exists(pid)]
    assert list(sockets.iterdir()) == []


@pytest.fixture
def make_session(
    make_pool: Callable[..., ProviderPool], launcher: Path, provider_home: Path
) -> Callable[..., ProviderSession]:
    def make(
        configuration: Mapping[str, object] | None = None, limits: Limits | None = None, **environment: str
    ) -> ProviderSession:
        pool = make_pool(limits=limits or Limits(read_timeout=20))
        return pool.session(launcher, configuration or {}, provider_environment(provider_home, **environment))

    return make
