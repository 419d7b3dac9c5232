"""The environment of terraform and its providers: names from a list, never a copy of ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PASSED = frozenset(
    {
        "PATH",
        "HOME",
        "LANG",
        "TZ",
        "TMPDIR",
        # How this host reaches the network, and whom it trusts there.
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR"),
        # Modules from private git repositories.
        "SSH_AUTH_SOCK",
    }
)
"""What a child gets of our environment. No ``AWS_…``: whose credentials it uses is decided, not inherited."""

_TOKENS = "TF_TOKEN_"  # tokens of private registries, one per host


def child_environment(
    ours: Mapping[str, str], cli_config: Path, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment for a terraform child.

    Args:
        ours: our own environment, of which only the names above are passed on.
        cli_config: the configuration that :func:`~reconciler.terraform.cli_config.write_cli_config` wrote.
        extra: what the child needs besides: credentials, region, an emulator's address.
    """
    passed = {name: value for name, value in ours.items() if name in PASSED or name.startswith(_TOKENS)}
    fixed = {"TF_CLI_CONFIG_FILE": str(cli_config), "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
    return {**passed, **fixed, **(extra or {})}
