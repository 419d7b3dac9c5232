"""The ``s3`` backend: an object. https://developer.hashicorp.com/terraform/language/backend/s3."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from reconciler.errors import BackendError, CloudError
from reconciler.recorded.backends.arguments import Arguments
from reconciler.recorded.backends.base import DEFAULT_WORKSPACE, AssumeRole, Clients, Objects, S3Access, within
from reconciler.recorded.backends.workspace import no_workspace


@dataclass(frozen=True, slots=True)
class S3Backend:
    """An object in a bucket."""

    objects: Objects
    bucket: str
    key: str
    limit: int
    workspace: str = DEFAULT_WORKSPACE

    @property
    def location(self) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"

    def read(self) -> bytes | None:
        """The object; None where the default workspace has none.

        Raises:
            BackendError: AWS refuses or does not answer, or there is no such bucket or workspace.
        """
        try:
            data = self.objects.read(self.bucket, self.key, limit=self.limit)
        except CloudError as error:
            raise BackendError(f"cannot read {self.location}: {error.message}", hint=error.hint) from error
        if data is None:
            if self.workspace != DEFAULT_WORKSPACE:
                raise no_workspace(self.workspace, self.location)
            return None
        return within(data, self.limit, self.location)


def open_s3(arguments: Arguments, *, workspace: str, clients: Clients, limit: int) -> S3Backend:
    """The object of a workspace: ``key`` for the default one, else under ``workspace_key_prefix``.

    Raises:
        BackendError: the arguments name no object.
    """
    bucket, key = arguments.required("bucket"), arguments.required("key")
    if key.startswith("/") or key.endswith("/"):
        raise BackendError("the s3 backend's key must not begin or end with a slash", position=arguments.position)
    if workspace != DEFAULT_WORKSPACE:
        prefix = arguments.text("workspace_key_prefix")
        key = posixpath.normpath(posixpath.join("env:" if prefix is None else prefix, workspace, key)).lstrip("/")
    return S3Backend(clients.s3(s3_access(arguments)), bucket, key, limit, workspace)


def s3_access(arguments: Arguments) -> S3Access:
    """How the arguments say to reach S3, today's names before those of Terraform before 1.6."""
    endpoints = arguments.table("endpoints")
    return S3Access(
        region=arguments.text("region", "AWS_REGION", "AWS_DEFAULT_REGION"),
        endpoint_url=endpoints.text("s3")
        or arguments.text("endpoint", "AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT", "AWS_ENDPOINT_URL"),
        sts_endpoint_url=endpoints.text("sts")
        or arguments.text("sts_endpoint", "AWS_ENDPOINT_URL_STS", "AWS_STS_ENDPOINT", "AWS_ENDPOINT_URL"),
        path_style=arguments.flag("use_path_style") or arguments.flag("force_path_style"),
        profile=arguments.text("profile", "AWS_PROFILE"),
        access_key=arguments.text("access_key"),
        secret_key=arguments.text("secret_key"),
        token=arguments.text("token"),
        credentials_file=_first(arguments, "shared_credentials_files") or arguments.text("shared_credentials_file"),
        config_file=_first(arguments, "shared_config_files"),
        assume_role=_assume_role(arguments),
    )


def _assume_role(arguments: Arguments) -> AssumeRole | None:
    role = arguments.table("assume_role")
    if role.has("role_arn"):
        return AssumeRole(role.required("role_arn"), role.text("external_id"), role.text("session_name"))
    arn = arguments.text("role_arn")
    return AssumeRole(arn, arguments.text("external_id"), arguments.text("session_name")) if arn else None


def _first(arguments: Arguments, name: str) -> str | None:
    """Terraform takes several files; AWS's own library takes one, and one is what people write."""
    files = arguments.values.get(name)
    if not isinstance(files, list) or not files:
        return None
    if len(files) > 1 or not isinstance(files[0], str):
        raise BackendError(f"the s3 backend's {name} must name one file", position=arguments.position)
    return files[0]
