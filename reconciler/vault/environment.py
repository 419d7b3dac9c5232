"""The environment of child processes: Terraform and its providers. Built from nothing, never copied.

A child sees what it needs to find AWS and its own files, and nothing of ours: no database URL, no setting, no key.
What each may see is a table in docs/configuration.md.
This module is read at every start, so it imports nothing heavy.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

# Go's TLS reads SSL_CERT_FILE and SSL_CERT_DIR. AWS_CA_BUNDLE is left out on purpose: with it the AWS provider fails
# when it is configured a second time in one process.
_SYSTEM: Final = frozenset({"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"})
_PROXY: Final = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"})
_KEYS: Final = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
_AWS: Final = _KEYS | {
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
}
_PLACES: Final = frozenset({"AWS_DEFAULT_REGION", "AWS_REGION"}) | {n for n in _AWS if n.startswith("AWS_USE_")}
"""Of AWS's variables, those that say where and not who."""
# Files and metadata of this host are another identity: an SDK that finds them might take it.
_NO_OTHER_WAY: Final = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_REACH: Final = _SYSTEM | _PROXY | {name.lower() for name in _PROXY}
"""How a child finds programs, files and the network. No secret, but a password that a proxy's URL may hold."""

# Modules from private git repositories and registries. Only terraform fetches; a provider has no use for them.
_FETCHING: Final = "SSH_AUTH_SOCK"
_REGISTRY_TOKEN: Final = "TF_TOKEN_"  # noqa: S105 the beginning of a name
_VARIABLE: Final = "TF_VAR_"
_TERRAFORM: Final = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}


def provider_environment(
    environ: Mapping[str, str],
    *,
    region: str | None = None,
    endpoint_url: str | None = None,
    profile: str | None = None,
    credentials: Mapping[str, str] | None = None,
    alone: bool = False,
) -> dict[str, str]:
    """What a provider that we start sees.

    Args:
        environ: the daemon's own environment.
        region: the environment's AWS region; goes before the inherited one.
        endpoint_url: where AWS is, if it is an emulator. Only a setting says so, never an inherited variable.
        profile: a profile of AWS's files. The SDK prefers keys in variables, so those are then left out.
        credentials: variables with keys, from :meth:`AwsSession.variables`; in place of all inherited ones.
        alone: whether these are the only way into AWS that it may find: no file of this host, no metadata, no role.

    Returns:
        the allowed part of ``environ`` with what the arguments say.
    """
    child = {name: value for name, value in environ.items() if name in _REACH or name in _AWS}
    child.setdefault("PATH", os.defpath)
    if alone:
        child = {name: value for name, value in child.items() if name not in _AWS or name in _PLACES} | _NO_OTHER_WAY
    if region:
        child |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    if endpoint_url:
        child["AWS_ENDPOINT_URL"] = endpoint_url
    if profile or credentials:
        child = {name: value for name, value in child.items() if name not in _KEYS | {"AWS_PROFILE"}}
    if profile:
        child["AWS_PROFILE"] = profile
    return child | dict(credentials or {})


def terraform_environment(
    environ: Mapping[str, str],
    cli_config: Path,
    aws: Mapping[str, str] | None = None,
    *,
    workspace: str | None = None,
    variables: bool = False,
) -> dict[str, str]:
    """What terraform sees, and the providers that it starts.

    Args:
        environ: the daemon's own environment. Whose credentials terraform uses is decided, not inherited from it.
        cli_config: the configuration that ``write_cli_config`` wrote.
        aws: the way into AWS: a provider's environment, or an emulator's variables.
        workspace: Terraform's workspace, None for the default one.
        variables: whether it gets input variables (``TF_VAR_…``): where it reads the user's template.
    """
    prefixes = (_REGISTRY_TOKEN, _VARIABLE) if variables else (_REGISTRY_TOKEN,)
    inherited = {
        name: value
        for name, value in environ.items()
        if name in _REACH or name == _FETCHING or name.startswith(prefixes)
    }
    own = {"TF_CLI_CONFIG_FILE": str(cli_config), **_TERRAFORM}
    return {**inherited, **own, **(aws or {}), **({"TF_WORKSPACE": workspace} if workspace else {})}
