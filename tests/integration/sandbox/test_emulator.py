from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reconciler.errors import CloudError
from reconciler.sandbox.emulator import REGION, Emulator
from reconciler.sandbox.estate import client


def _runs(pid: int) -> bool:
    """Whether a process is there and no zombie that init has yet to collect."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def _await_end(pid: int, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while _runs(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _queues(emulator: Emulator) -> list[str]:
    return client(emulator, "sqs").list_queues().get("QueueUrls", [])


def test_holds_what_is_put_in_until_it_is_reset_and_ends_when_told() -> None:
    with Emulator() as own:
        pid = own.pid
        assert pid is not None
        client(own, "sqs").create_queue(QueueName="one")
        assert len(_queues(own)) == 1
        own.reset()
        assert _queues(own) == []
    assert _await_end(pid)
    assert own.pid is None
    own.stop()  # once more does nothing


def test_a_clone_holds_the_same_and_goes_its_own_way(emulator: Emulator) -> None:
    with emulator.clone() as base:
        client(base, "sqs").create_queue(QueueName="common")
        with base.clone() as copy:
            client(copy, "sqs").create_queue(QueueName="only-in-the-copy")
            assert copy.url != base.url
            assert len(_queues(copy)) == len(_queues(base)) + 1
            pid = copy.pid
        assert pid is not None
        assert _await_end(pid)
        assert any(url.endswith("/common") for url in _queues(base))


def test_a_clone_does_not_keep_the_port_of_what_it_was_cloned_from(emulator: Emulator) -> None:
    base = emulator.clone()
    with base.clone():
        host, port = base.url.removeprefix("http://").split(":")
        base.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), timeout=5)


_BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
_HEAD = f"""POST / HTTP/1.1
Host: localhost
Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0
Content-Type: application/x-www-form-urlencoded
Content-Length: {len(_BODY)}
""".replace("\n", "\r\n").encode()
_END = b"</GetCallerIdentityResponse>"


def _connect(emulator: Emulator) -> socket.socket:
    host, port = emulator.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_an_answer_comes_in_one_piece(emulator: Emulator) -> None:
    """A body behind its head is lost now and then, and what was made is made again: see the emulator's handler."""
    for _ in range(20):
        with _connect(emulator) as connection:
            connection.sendall(_HEAD + b"\r\n" + _BODY)
            answer = connection.recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.rstrip().endswith(_END)


def test_who_asks_whether_to_go_on_is_told_before_the_answer(emulator: Emulator) -> None:
    with _connect(emulator) as connection:
        connection.sendall(_HEAD + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 100")
        connection.sendall(_BODY)
        answer = b""
        while not answer.rstrip().endswith(_END):
            piece = connection.recv(1 << 16)
            assert piece, answer
            answer += piece
    assert b"HTTP/1.1 200" in answer


def _create_vpc(call: str) -> bytes:
    body = b"Action=CreateVpc&CidrBlock=10.9.0.0%2F16&Version=2016-11-15"
    head = _HEAD.decode().replace(f"Content-Length: {len(_BODY)}", f"Content-Length: {len(body)}")
    head = head.replace("us-east-1/sts", f"{REGION}/ec2") + f"amz-sdk-invocation-id: {call}\r\n\r\n"
    return head.encode() + body


def _answered(emulator: Emulator, request: bytes) -> bytes:
    with _connect(emulator) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(1 << 16):
            answer += piece
    return answer


def _vpcs(emulator: Emulator) -> set[str]:
    return {each["VpcId"] for each in client(emulator, "ec2").describe_vpcs()["Vpcs"]}


def test_a_call_whose_answer_was_lost_is_not_carried_out_again(emulator: Emulator) -> None:
    with emulator.clone() as own:
        before = _vpcs(own)
        first, again, other = (_answered(own, _create_vpc(call)) for call in ("one", "one", "another"))
        bodies = [each.partition(b"\r\n\r\n")[2] for each in (first, again, other)]
        assert b"<vpcId>" in bodies[0]
        assert bodies[0] == bodies[1] != bodies[2]
        assert len(_vpcs(own) - before) == 2


def test_a_request_whose_sender_was_killed_is_none(emulator: Emulator) -> None:
    with emulator.clone() as own:
        before = _vpcs(own)
        assert _answered(own, _create_vpc("one")[:-1]).startswith(b"HTTP/1.1 400")
        assert _vpcs(own) == before


def test_it_has_the_managed_policies_of_every_account(emulator: Emulator) -> None:
    policy = client(emulator, "iam").get_policy(PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assert policy["Policy"]["PolicyName"] == "AdministratorAccess"


def test_it_ends_when_we_are_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from reconciler.sandbox.emulator import Emulator\n"
        "one = Emulator(); one.start(); two = one.clone()\n"
        "print(one.pid, two.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()]
        assert [_runs(pid) for pid in pids] == [True, True]
        os.kill(owner.pid, signal.SIGKILL)
    assert [_await_end(pid) for pid in pids] == [True, True]


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.sandbox.emulator.find_spec", lambda name: None)
    with pytest.raises(CloudError) as caught:
        Emulator().start()
    assert caught.value.hint is not None
    assert "emulator]" in caught.value.hint


def test_a_child_that_does_not_start_is_an_error_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    one = Emulator()
    with pytest.raises(CloudError):
        one.start()
    assert one.pid is None


def test_its_url_is_known_only_while_it_runs() -> None:
    with pytest.raises(CloudError):
        _ = Emulator().url
