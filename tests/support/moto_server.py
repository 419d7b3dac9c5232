"""An AWS emulator over HTTP, and boto3 clients for it that take nothing from the machine's environment."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

# One session: it keeps the service models that it has loaded, and loading them is most of the work.
_SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1")


@contextmanager
def moto_server() -> Iterator[str]:
    """The URL of a server of our own on a free port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def client(url: str, service: str, region: str) -> Any:
    """A client that tries once and waits for no more than a few seconds."""
    config = Config(
        retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20, s3={"addressing_style": "path"}
    )
    return _SESSION.client(service, region, endpoint_url=url, config=config, verify=False)
