from __future__ import annotations

from pathlib import Path

import pytest
from support.vault import logins_in_memory

from reconciler.errors import CloudError
from reconciler.recorded.backends.base import S3Access
from reconciler.settings import Environment
from reconciler.vault import objects
from reconciler.vault.sessions import AwsSession
from reconciler.wiring.clouds import Cloud


class FakeObjects:
    """Remembers the sessions that it was made with."""

    made: list[AwsSession]
    refuses = False

    def __init__(self, session: AwsSession) -> None:
        self.made.append(session)

    def read(self, bucket: str, key: str, *, limit: int) -> bytes:
        if self.refuses:
            raise CloudError("expired")
        return f"{bucket}/{key}".encode()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeObjects]:
    made = type("Fake", (FakeObjects,), {"made": []})
    monkeypatch.setattr(objects, "S3Objects", made)
    return made


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    own = Environment(account_id="123456789012", region="eu-central-1")
    return Cloud("production", own, {}, logins_in_memory(tmp_path))


def test_a_session_is_kept_for_each_way_in(cloud: Cloud, fake: type[FakeObjects]) -> None:
    for region in ("eu-central-1", "us-east-1", "eu-central-1"):
        assert cloud.objects(S3Access(region=region)).read("b", "k", limit=9) == b"b/k"
    assert len(fake.made) == 2


def test_a_session_that_failed_is_made_anew(cloud: Cloud, fake: type[FakeObjects]) -> None:
    cloud.objects(S3Access()).read("b", "k", limit=9)
    fake.refuses = True
    with pytest.raises(CloudError, match="expired"):
        cloud.objects(S3Access()).read("b", "k", limit=9)
    fake.refuses = False
    cloud.objects(S3Access()).read("b", "k", limit=9)
    assert len(fake.made) == 2
