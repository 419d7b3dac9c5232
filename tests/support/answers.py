"""AWS's answers out of files: what stands in them is what botocore is sent, one answer after the other.

A file holds answers with a line of ``===`` between them: the status, headers, an empty line, the body.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any
from unittest.mock import patch

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.httpsession import URLLib3Session

from reconciler.drift.listing import Statement, SweepResult, Unlisted
from reconciler.observed.sweep.sweep import sweep
from reconciler.observed.sweep.witness import doubts
from reconciler.vault.objects import S3Objects
from reconciler.vault.sessions import AwsAccess, AwsSession

ACCOUNT = "123456789012"
REGION = "ap-northeast-2"
_BETWEEN = b"\n===\n"
_KEYS = {"access_key": "testing", "secret_key": "testing"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def parse(cls, text: bytes) -> Answer:
        """An answer as a file holds it; what is no status is 200, what is no header is left out."""
        head, _, body = text.partition(b"\n\n")
        status, *lines = head.decode("latin-1").split("\n")
        pairs = (line.split(": ", 1) for line in lines if ": " in line)
        number = int(status) if status.isascii() and status.isdecimal() and len(status) == 3 else 200
        return cls(number, {name: value.strip() for name, value in pairs}, body)


def answers_in(text: bytes) -> list[Answer]:
    """All answers of a file."""
    return [Answer.parse(part) for part in text.split(_BETWEEN)]


class _Body(BytesIO):
    """A body, as urllib3 hands it out."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


@contextmanager
def answering(answers: Sequence[Answer]) -> Iterator[list[str]]:
    """Inside, AWS answers so, the last answer again and again; what was asked for is in the list."""
    asked: list[str] = []
    lock = threading.Lock()

    def send(_: URLLib3Session, request: Any) -> AWSResponse:
        with lock:
            answer = answers[min(len(asked), len(answers) - 1)]
            asked.append(request.url)
        return AWSResponse(request.url, answer.status, answer.headers, _Body(answer.body))

    with patch.object(URLLib3Session, "send", send):
        yield asked


@cache
def client(service: str, region: str) -> Any:
    """A client that asks once: what is looked at is how an answer is read, not how often it is asked for."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
    return session.client(service, region_name=region, config=Config(retries={"total_max_attempts": 1}))


def swept(resource_type: str, answers: Sequence[Answer]) -> SweepResult:
    """A sweep of one type in one region; the first answer is CloudFormation's."""
    with answering(answers):
        return sweep(client, [resource_type], [REGION], account=ACCOUNT, concurrency=1)


def doubted(resource_type: str, answers: Sequence[Answer]) -> dict[str, Unlisted]:
    """What the second witness doubts where a resource of that type is said to be gone."""
    statement = Statement("it", resource_type, REGION, "its-id", suspect=True)
    with answering(answers):
        return doubts(client, [statement], cancel=threading.Event())


def account(answers: Sequence[Answer]) -> str:
    """Whose credentials they are; raises CloudError where that is not said."""
    session = AwsSession(AwsAccess(region=REGION, **_KEYS))  # type: ignore[arg-type]  # all of them are texts
    session._clients["sts", None] = client("sts", REGION)
    with answering(answers):
        return session.account_id()


def fetched(answers: Sequence[Answer]) -> bytes | None:
    """An object of S3; raises CloudError where it cannot be had."""
    session = AwsSession(AwsAccess(region=REGION, **_KEYS))  # type: ignore[arg-type]  # likewise
    session._clients["s3", None] = client("s3", REGION)
    with answering(answers):
        return S3Objects(session).read("bucket", "key", limit=1_000_000)
