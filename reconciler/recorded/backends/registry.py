"""Which backend reads a state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from reconciler.drift.snapshot import BackendBlock
from reconciler.drift.values import Object
from reconciler.errors import BackendError
from reconciler.recorded.backends.arguments import Arguments, complete
from reconciler.recorded.backends.base import DEFAULT_WORKSPACE, MAX_STATE_BYTES, Backend, Clients
from reconciler.recorded.backends.local import LocalBackend, open_local
from reconciler.recorded.backends.pg import open_pg
from reconciler.recorded.backends.pull import PullBackend
from reconciler.recorded.backends.s3 import S3Backend, open_s3, s3_access
from reconciler.recorded.backends.workspace import selected_workspace

TERRAFORM_ONLY: Final = {
    "s3": (
        "assume_role_with_web_identity",
        "custom_ca_bundle",
        "http_proxy",
        "https_proxy",
        "sse_customer_key",
    ),
    # A client's certificate would have to lie in a file.
    "http": ("client_ca_certificate_pem", "client_certificate_pem", "client_private_key_pem"),
}
"""Arguments that change how a state is read and that only Terraform follows: with one of them it does the reading."""


def open_backend(
    block: BackendBlock,
    *,
    folder: Path,
    workspace: str | None,
    clients: Clients,
    environment: Mapping[str, str],
    config: Object | None = None,
    limit: int = MAX_STATE_BYTES,
) -> Backend:
    """The backend that a template's block describes. Nothing is read yet but what ``terraform init`` left behind.

    Args:
        block: the template's, of type ``local`` where it has none.
        folder: the template's; relative paths begin here.
        workspace: Terraform's workspace; None for the one selected in the folder.
        clients: what other adapters do for it.
        environment: the variables that Terraform would see.
        config: partial configuration, as given to ``terraform init -backend-config``.
        limit: the most bytes a state may have.

    Raises:
        BackendError: an argument is missing or wrong.
    """
    arguments = complete(block, folder=folder, environment=environment, config=config)
    name = selected_workspace(workspace, folder=folder, environment=environment)
    match block.type:
        case "local":
            return open_local(arguments, folder=folder, workspace=name, limit=limit)
        case "s3" if not arguments.has(*TERRAFORM_ONLY["s3"]):
            return open_s3(arguments, workspace=name, clients=clients, limit=limit)
        case "pg":
            return open_pg(arguments, workspace=name, clients=clients, limit=limit)
        case "http" if not arguments.has(*TERRAFORM_ONLY["http"]):
            from reconciler.recorded.backends.http import open_http  # noqa: PLC0415  TLS is slow to import

            return open_http(arguments, workspace=name, limit=limit)
        case _:
            return PullBackend(clients.pull, block.type, limit)


def open_state(
    location: str, *, folder: Path, clients: Clients, environment: Mapping[str, str], limit: int = MAX_STATE_BYTES
) -> Backend:
    """The state that the settings name: a path, from ``folder`` if relative, or ``s3://bucket/key``.

    Raises:
        BackendError: the location names nothing that can be read.
    """
    if "://" not in location:
        return LocalBackend(folder / location, DEFAULT_WORKSPACE, limit)
    parts = urlsplit(location)
    # An object's key may hold "?" and "#", which a URL would end at.
    key = location.partition("://")[2].partition("/")[2]
    if parts.scheme != "s3" or not parts.netloc or not key:
        raise BackendError("a state is a path or s3://bucket/key", hint="other backends belong into the template")
    return S3Backend(clients.s3(s3_access(Arguments("s3", {}, environment))), parts.netloc, key, limit)
