"""Ways into AWS: one factory for boto3's clients, so that retries, timeouts and endpoints are the same everywhere.

boto3 takes a quarter of a second to import: it and what needs it are imported when the first client is made.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import botocore.session
    from botocore.config import Config

_CONNECT_TIMEOUT: Final = 5  # seconds
_READ_TIMEOUT: Final = 30  # seconds; CloudFormation's and IAM's slowest pages take a few
_ATTEMPTS: Final = 3
_CONNECTIONS: Final = 32  # per client; more threads than this do not ask AWS at once
_SESSION_NAME: Final = "reconciler"
_ACCOUNT: Final = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class Role:
    """A role to assume."""

    arn: str
    external_id: str | None = None
    session_name: str | None = None


@dataclass(frozen=True, slots=True)
class AwsAccess:
    """How to get into one AWS account. What is None comes from AWS's usual places, except the endpoint."""

    region: str | None = None
    endpoint_url: str | None = None
    sts_endpoint_url: str | None = None
    profile: str | None = None
    role: Role | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    credentials_file: str | None = None
    config_file: str | None = None
    path_style: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose credentials they are, as STS says."""

    account_id: str
    arn: str

    @property
    def role_name(self) -> str | None:
        """The role's name, where a role was assumed; its path is not in the answer."""
        kind, _, rest = self.arn.rpartition(":")[2].partition("/")
        return rest.partition("/")[0] if kind == "assumed-role" else None


class AwsSession:
    """One way into AWS, with its clients. Safe for threads: clients may be shared, and are made one at a time."""

    def __init__(self, access: AwsAccess) -> None:
        self._access = access
        self._lock = threading.RLock()
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._who: Identity | None = None

    @property
    def access(self) -> AwsAccess:
        """How it gets in."""
        return self._access

    def client(self, service: str, *, region: str | None = None) -> Any:
        """A boto3 client, made once for each service and region.

        Args:
            service: boto3's name, ``sqs``.
            region: another one than the access names.

        Raises:
            CloudError: there are no credentials, no such profile, or no region.
        """
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                self._clients[key] = self._make(service, region)
            return self._clients[key]

    def account_id(self) -> str:
        """The account that the credentials belong to. AWS is asked once.

        Raises:
            CloudError: AWS refuses the credentials or does not answer.
        """
        return self.identity().account_id

    def identity(self) -> Identity:
        """Whose credentials they are. AWS is asked once.

        Raises:
            CloudError: AWS refuses the credentials or does not answer.
        """
        with self._lock:
            if self._who is None:
                self._who = self._ask("ask whose credentials these are", self._identity)
            return self._who

    def variables(self) -> dict[str, str]:
        """Keys for a child process, as variables. Those of a role are temporary: take new ones for each child.

        Raises:
            CloudError: there are no credentials, or the role cannot be assumed.
        """
        with self._lock:
            credentials = self._ask("take credentials", self._session.get_credentials)
            if credentials is None:
                return {}
            frozen = self._ask("take credentials", credentials.get_frozen_credentials)
        found = {
            "AWS_ACCESS_KEY_ID": frozen.access_key,
            "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
            "AWS_SESSION_TOKEN": frozen.token,
        }
        return {name: value for name, value in found.items() if value}

    def _identity(self) -> Identity:
        answer = self.client("sts").get_caller_identity()
        account, arn = answer["Account"], answer["Arn"]
        if not isinstance(account, str) or not _ACCOUNT.fullmatch(account) or not isinstance(arn, str):
            raise TypeError("what was answered is no account's id")
        return Identity(account, arn)

    def _make(self, service: str, region: str | None) -> Any:
        access = self._access
        endpoint = access.sts_endpoint_url if service == "sts" and access.sts_endpoint_url else access.endpoint_url
        return self._ask(
            f"make a client for {service}",
            lambda: self._session.client(
                service,
                region_name=region or access.region,
                endpoint_url=endpoint,
                config=_config(access),
            ),
        )

    @functools.cached_property
    def _session(self) -> Any:
        import boto3  # noqa: PLC0415  see the module's docstring

        role = self._access.role
        core = self._core(with_keys=role is None)
        if role is not None:
            self._assume(role, core)
        return boto3.Session(botocore_session=core)

    def _core(self, *, with_keys: bool = True) -> botocore.session.Session:
        """The session below boto3's, with the access's own sources of credentials."""
        from botocore.session import Session  # noqa: PLC0415  see the module's docstring

        access = self._access
        core = Session(profile=access.profile)
        if access.credentials_file:
            core.set_config_variable("credentials_file", access.credentials_file)
        if access.config_file:
            core.set_config_variable("config_file", access.config_file)
        if access.region:
            core.set_config_variable("region", access.region)
        if with_keys and access.access_key and access.secret_key:
            core.set_credentials(access.access_key, access.secret_key, access.token)
        return core

    def _assume(self, role: Role, core: botocore.session.Session) -> None:
        """Put credentials that assume the role, and renew themselves, before all others of the session."""
        from reconciler.vault.roles import RoleProvider  # noqa: PLC0415  see the module's docstring

        access = self._access
        source = self._core()
        make_client = functools.partial(
            source.create_client,
            region_name=access.region,
            endpoint_url=access.sts_endpoint_url or access.endpoint_url,
            config=_config(access),
        )
        extra = {"RoleSessionName": role.session_name or _SESSION_NAME}
        if role.external_id:
            extra["ExternalId"] = role.external_id
        provider = RoleProvider(make_client, source.get_credentials, role.arn, extra)
        core.register_component("credential_provider", provider.resolver())

    def _ask(self, task: str, question: Callable[[], Any]) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  see the module's docstring

        from reconciler.vault.failures import UNREADABLE, cloud_error  # noqa: PLC0415

        try:
            return question()
        except (BotoCoreError, ClientError, ValueError, *UNREADABLE) as error:
            raise cloud_error(error, task) from error


def _config(access: AwsAccess) -> Config:
    from botocore.config import Config  # noqa: PLC0415  see the module's docstring

    options: dict[str, Any] = {  # a dict, since the stubs lack one of them
        "connect_timeout": _CONNECT_TIMEOUT,
        "read_timeout": _READ_TIMEOUT,
        "retries": {"mode": "standard", "total_max_attempts": _ATTEMPTS},
        "max_pool_connections": _CONNECTIONS,
        "user_agent_extra": "terraform-reconciler",
        # Only the settings name another endpoint: an inherited variable must not send credentials elsewhere.
        "ignore_configured_endpoint_urls": True,
        "s3": {"addressing_style": "path"} if access.path_style else None,
    }
    return Config(**options)
