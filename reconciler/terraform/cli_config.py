"""A CLI configuration of our own for terraform's children: nobody's ``~/.terraformrc`` decides what a scan uses.

Format: https://developer.hashicorp.com/terraform/cli/config/config-file
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from reconciler.errors import TerraformError
from reconciler.terraform.mirrors import sources_in


def write_cli_config(state_dir: Path, mirrors: Iterable[Path]) -> Path:
    """Write the configuration and say where it is; its path goes into ``TF_CLI_CONFIG_FILE``.

    A provider that a mirror holds comes from there and from nowhere else; any other from its registry. The file is
    written only if its text changes, whole or not at all, readable by its owner alone.

    Raises:
        TerraformError: the state directory cannot be written.
    """
    folder = state_dir / "terraform"
    cache = folder / "plugin-cache"
    path = folder / "cli.tfrc"
    text = render({mirror: tuple(sources_in(mirror)) for mirror in mirrors}, cache)
    try:
        # Terraform refuses a cache folder that does not exist.
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (path.is_file() and path.read_text("utf-8") == text and path.stat().st_mode & 0o777 == 0o600):
            _replace(path, text)
    except (OSError, UnicodeDecodeError) as error:
        raise TerraformError(
            f"Terraform's configuration cannot be written to {path}", hint="make the state directory writable for us"
        ) from error
    return path


def render(mirrors: Mapping[Path, tuple[str, ...]], cache: Path) -> str:
    """The text of the configuration.

    Args:
        mirrors: the mirrors with the providers that each holds.
        cache: the folder in which ``terraform init`` shares providers between work folders.
    """
    lines = ["disable_checkpoint = true", f"plugin_cache_dir = {_quote(str(cache))}", "", "provider_installation {"]
    for mirror, sources in mirrors.items():
        lines += [
            "  filesystem_mirror {",
            f"    path    = {_quote(str(mirror))}",
            f"    include = {_list(sources)}",
            "  }",
        ]
    mirrored = sorted({source for sources in mirrors.values() for source in sources})
    lines += ["  direct {", f"    exclude = {_list(mirrored)}", "  }"] if mirrored else ["  direct {}"]
    return "\n".join([*lines, "}", ""])


def _list(items: Iterable[str]) -> str:
    return "[" + ", ".join(_quote(item) for item in items) + "]"


def _quote(text: str) -> str:
    # This file is HCL 1, which interpolates "${" and has no escape for it: a lone "$" cannot be told apart, so both
    # signs go as \u escapes, which are read after interpolation.
    return json.dumps(text, ensure_ascii=False).replace("${", "\\u0024\\u007b")


def _replace(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".cli-")  # 0600 from birth
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
