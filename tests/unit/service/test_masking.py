from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.service.masking import MASK, mask_event, mask_text, mask_value

SECRET = "hunter2canary"


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://reconciler:{SECRET}@db:5432/reconciler",
        f"postgresql+psycopg://reconciler:{SECRET}@db/x and redis://:{SECRET}@r/0",
        f"https://{SECRET}@example.com/path",
        f"https://user:p@{SECRET}@example.com/",
        f"connection failed: host=db password={SECRET} user=reconciler",
        f"PGPASSWORD={SECRET} psql",
        f'{{"secret_access_key": "{SECRET} and spaces"}}',
        f"aws_session_token: {SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"https://b.s3.amazonaws.com/k?X-Amz-Signature={SECRET}&x=1",
        f"--api-key={SECRET}",
        f"passphrase='{SECRET} x'",
    ],
)
def test_no_secret_survives_in_text(text: str) -> None:
    assert SECRET not in mask_text(text)
    assert MASK in mask_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "3 workspaces, 1 drifted",
        "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
        "aws_secretsmanager_secret.db was deleted",
        "main.tf:3: mail to ops@example.com",
        "module.vpc.aws_subnet.a[0] at 12:01:07",
    ],
)
def test_plain_text_stays(text: str) -> None:
    assert mask_text(text) == text


def test_masks_by_key_at_any_depth() -> None:
    event = {
        "event": "opened",
        "password": SECRET,
        "settings": {"database": {"Master_Key": SECRET, "url": f"pg://u:{SECRET}@h"}, "list": [{"apiKey": SECRET}]},
        "error": ValueError(f"token={SECRET}"),
        "raw": f"secret={SECRET}".encode(),
        "count": 3,
    }
    masked = mask_event(None, "info", event)
    assert SECRET not in repr(masked)
    assert masked["count"] == 3
    assert masked["event"] == "opened"


@given(
    st.recursive(
        st.text() | st.integers() | st.none() | st.binary(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_any_value_can_be_masked(value: object) -> None:
    assert mask_value(mask_value(value)) == mask_value(mask_value(value))


@given(st.text(alphabet="ab:/@?=.p\"' ", max_size=60))
def test_userinfo_never_survives(noise: str) -> None:
    assert f"u:{SECRET}@" not in mask_text(f"{noise} pg://u:{SECRET}@h/{noise}")
