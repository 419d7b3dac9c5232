"""Credentials of an assumed role, renewed before they expire: a daemon outlives them many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import NoCredentialsError


class RoleProvider(CredentialProvider):
    """A source of credentials for a botocore session."""

    METHOD = "reconciler-assume-role"
    CANONICAL_NAME = "custom-reconciler-assume-role"

    def __init__(
        self,
        make_client: Callable[..., Any],
        source: Callable[[], Any],
        role_arn: str,
        extra: Mapping[str, str],
    ) -> None:
        """Take what the call of AssumeRole needs.

        Args:
            make_client: makes the STS client from keys.
            source: the credentials that may assume the role.
            role_arn: the role.
            extra: further arguments of AssumeRole.
        """
        super().__init__()
        self._make_client = make_client
        self._source = source
        self._role_arn = role_arn
        self._extra = dict(extra)

    def load(self) -> DeferredRefreshableCredentials:
        """Credentials that call AssumeRole at first use, and again when they are about to expire.

        Raises:
            NoCredentialsError: there is nothing to assume the role with.
        """
        source = self._source()
        if source is None:
            raise NoCredentialsError
        fetcher = AssumeRoleCredentialFetcher(self._make_client, source, self._role_arn, extra_args=self._extra)
        return DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method=self.METHOD)

    def resolver(self) -> CredentialResolver:
        """A resolver that knows no other source: falling back to the keys at hand would be another identity."""
        return CredentialResolver([self])
