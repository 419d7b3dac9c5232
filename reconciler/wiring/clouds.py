"""The ways into the AWS accounts that the environments name, and what children of ours see of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reconciler.drift.record import EnvironmentFacts
from reconciler.errors import CloudError
from reconciler.recorded.backends.base import Objects, S3Access
from reconciler.settings import Environment
from reconciler.vault.environment import provider_environment
from reconciler.wiring.late import import_aws
from reconciler.wiring.logins import Logins, NamedSession

if TYPE_CHECKING:
    from reconciler.vault.sessions import AwsAccess, AwsSession

# An emulator asks for keys and looks at none. Only where an endpoint is configured and nothing else says who we are.
_EMULATOR_KEYS: Final = {"AWS_ACCESS_KEY_ID": "emulator", "AWS_SECRET_ACCESS_KEY": "emulator"}
_SOURCES: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
)


class Purpose(StrEnum):
    """What somebody wants in an account. An environment may have a way in for each."""

    READ = "read"
    APPLY = "apply"


@dataclass(frozen=True)
class Cloud:
    """One environment: its account, its region, and how to get in. Sessions are made when first asked for.

    A named credential is used after STS has confirmed its account, whatever it is used for.
    """

    name: str
    environment: Environment
    environ: Mapping[str, str]
    logins: Logins
    _objects: dict[AwsAccess, Objects] = field(default_factory=dict, repr=False, compare=False)

    @property
    def facts(self) -> EnvironmentFacts:
        """What the inventory keeps of it."""
        own = self.environment
        return EnvironmentFacts(self.name, own.account_id, own.region, own.description)

    def credential(self, purpose: Purpose = Purpose.READ) -> str | None:
        """The named credential for a purpose; None where none is named."""
        own = self.environment
        return (own.apply_credential or own.credential) if purpose is Purpose.APPLY else own.credential

    def account_id(self, purpose: Purpose = Purpose.READ) -> str:
        """The account that the credentials really belong to.

        Raises:
            CloudError: AWS does not say.
            ForeignAccountError: a named credential is not of the environment's account.
        """
        return self._session(purpose).account_id()

    def client(self, service: str, region: str) -> Any:
        """A boto3 client for reading in the environment; its type hangs on the service."""
        return self._session().client(service, region=region)

    def child_environment(self, purpose: Purpose = Purpose.READ) -> dict[str, str]:
        """What providers see, and Terraform of it. Asked anew for each child: a role's keys run out.

        Args:
            purpose: what the child is for; only an approved apply takes the other way in.

        Raises:
            CloudError: the role cannot be assumed, or the credential cannot be used.
            ForeignAccountError: a named credential is not of the environment's account.
        """
        own = self.environment
        named = self.credential(purpose) is not None
        keys: Mapping[str, str] | None
        keys = self._session(purpose).variables() if named or own.assume_role else self._emulator_keys
        return provider_environment(
            self.environ,
            region=own.region,
            endpoint_url=str(own.endpoint_url) if own.endpoint_url else None,
            profile=own.profile,
            credentials=keys,
            alone=named,
        )

    def inherited(self) -> dict[str, str]:
        """Our own environment, without ways into AWS where a named credential is the only one."""
        named = self.credential() is not None
        return {name: value for name, value in self.environ.items() if not (named and name.startswith("AWS_"))}

    def objects(self, wanted: S3Access) -> Objects:
        """S3 for a state backend, entered as the backend says, and where it says nothing as the environment does."""
        from reconciler.vault.sessions import AwsAccess, Role  # noqa: PLC0415  slow to import

        role = wanted.assume_role
        # Keys, a profile or a role of the backend's own are a way in of their own: nothing is mixed with ours.
        alone = wanted.access_key or wanted.profile or role
        ours = self._access if self.credential() is None else self._session().access
        own = AwsAccess() if alone else ours
        access = replace(
            own,
            region=wanted.region or ours.region,
            endpoint_url=wanted.endpoint_url or ours.endpoint_url,
            sts_endpoint_url=wanted.sts_endpoint_url or ours.endpoint_url,
            profile=wanted.profile or own.profile,
            access_key=wanted.access_key or own.access_key,
            secret_key=wanted.secret_key or own.secret_key,
            token=wanted.token or own.token,
            credentials_file=wanted.credentials_file,
            config_file=wanted.config_file,
            role=Role(role.arn, role.external_id, role.session_name) if role else own.role,
            path_style=wanted.path_style,
        )
        return _KeptObjects(access, self._objects)

    @property
    def _emulator_keys(self) -> dict[str, str] | None:
        if self.environment.endpoint_url is None or self.environment.profile is not None:
            return None
        files = Path(self.environ.get("HOME", "/nonexistent"), ".aws", "credentials")
        return None if any(map(self.environ.get, _SOURCES)) or files.is_file() else dict(_EMULATOR_KEYS)

    @cached_property
    def _access(self) -> AwsAccess:
        from reconciler.vault.sessions import AwsAccess, Role  # noqa: PLC0415  boto3 is slow to import

        own = self.environment
        keys = self._emulator_keys or {}
        return AwsAccess(
            region=own.region,
            endpoint_url=str(own.endpoint_url) if own.endpoint_url else None,
            profile=own.profile,
            role=Role(own.assume_role, own.external_id) if own.assume_role else None,
            access_key=keys.get("AWS_ACCESS_KEY_ID"),
            secret_key=keys.get("AWS_SECRET_ACCESS_KEY"),
        )

    def _session(self, purpose: Purpose = Purpose.READ) -> AwsSession:
        name = self.credential(purpose)
        return self._unnamed if name is None else self._named[name].get()

    @cached_property
    def _named(self) -> Mapping[str, NamedSession]:
        names = {name for purpose in Purpose if (name := self.credential(purpose)) is not None}
        return {name: NamedSession(self.logins, name, (self.name, self.environment)) for name in names}

    @cached_property
    def _unnamed(self) -> AwsSession:
        import_aws()
        from reconciler.vault.sessions import AwsSession  # noqa: PLC0415  boto3 is slow to import

        return AwsSession(self._access)


@dataclass(frozen=True)
class _KeptObjects:
    """S3 by way of a session that is kept between passes: to make a client costs more than to read a state with it.

    One that failed is made anew: the keys that it found in a file may have been replaced since.
    """

    access: AwsAccess
    kept: dict[AwsAccess, Objects]

    def read(self, bucket: str, key: str, *, limit: int) -> bytes | None:
        """As :meth:`Objects.read`."""
        import_aws()
        from reconciler.vault.objects import S3Objects  # noqa: PLC0415  boto3 is slow to import
        from reconciler.vault.sessions import AwsSession  # noqa: PLC0415  likewise

        objects = self.kept.get(self.access) or S3Objects(AwsSession(self.access))
        try:
            found = objects.read(bucket, key, limit=limit)
        except CloudError:
            self.kept.pop(self.access, None)
            raise
        self.kept[self.access] = objects
        return found
