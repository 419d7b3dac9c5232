"""Terraform's word on adopted resources: many in one folder, each in a file of its own, with an empty state."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reconciler.desired.parse import syntax_tree
from reconciler.sandbox.emulator import Emulator
from reconciler.terraform.cli_config import write_cli_config
from reconciler.terraform.mirrors import find_mirrors
from reconciler.vault.environment import terraform_environment

NO_CHANGE = "no change"
_ROUNDS = 25
_TIMEOUT = 900
_VARIABLE = re.compile(r'^variable "([^"]+)"', re.MULTILINE)


class Judge:
    """A folder with provider blocks and a Terraform that takes an emulator for AWS."""

    def __init__(self, folder: Path, emulator: Emulator, providers: str) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        config = write_cli_config(folder.parent / "cli", find_mirrors())
        self._env = terraform_environment(os.environ, config, emulator.environment())
        (folder / "providers.tf").write_text(providers)
        self._terraform("init")

    def verdicts(self, texts: Mapping[str, str]) -> dict[str, str]:
        """For each resource what a plan of its text says: that nothing changes beside the import, or what is wrong.

        Args:
            texts: by name; the resource in it has that name.
        """
        found: dict[str, str] = {}
        for name, text in texts.items():
            (self._folder / f"{name}.tf").write_text(text)
        variables = {name: "asked" for text in texts.values() for name in _VARIABLE.findall(text)}
        (self._folder / "terraform.tfvars.json").write_text(json.dumps(variables))
        for changes in self._planned(found, "-out=plan"):
            del changes
        shown = json.loads(self._terraform("show", "-json", "plan").stdout)
        for change in shown.get("resource_changes", ()):
            found[change["name"]] = _verdict(change["change"])
        return found

    def generated(self, imports: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """What Terraform itself writes for imports: texts by name, and why there are none for the others."""
        failed: dict[str, str] = {}
        for name, text in imports.items():
            (self._folder / f"{name}.tf").write_text(text)
        target = self._folder / "generated.tf"
        texts: dict[str, str] = {}
        for _ in range(_ROUNDS):
            target.unlink(missing_ok=True)
            errors = self._errors(self._terraform("plan", "-json", "-generate-config-out=generated.tf").stdout)
            texts |= _resources(target)
            unread = [name for name in errors if name in imports and name not in texts and name not in failed]
            for name in unread:
                failed[name] = errors[name]
                (self._folder / f"{name}.tf").unlink()
            if not unread:
                break
        target.unlink(missing_ok=True)
        for name in imports:
            (self._folder / f"{name}.tf").unlink(missing_ok=True)
        whole = {name: imports[name] + "\n" + text for name, text in texts.items()}
        return whole, {name: failed.get(name, "nothing was generated") for name in imports if name not in whole}

    def _planned(self, found: dict[str, str], *options: str) -> Iterator[None]:
        """Plan, and take out what is not valid until the rest is."""
        for _ in range(_ROUNDS):
            errors = self._errors(self._terraform("plan", "-json", *options).stdout)
            if not errors:
                return
            yield
            for name, text in errors.items():
                if (self._folder / f"{name}.tf").exists():
                    found[name] = text
                    (self._folder / f"{name}.tf").unlink()
        message = f"Terraform's errors do not end: {errors}"
        raise AssertionError(message)

    @staticmethod
    def _errors(output: bytes) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in output.splitlines():
            event = json.loads(line) if line.startswith(b"{") else {}
            diagnostic = event.get("diagnostic", {})
            if event.get("@level") == "error" and diagnostic:
                place = diagnostic.get("address") or diagnostic.get("range", {}).get("filename") or ""
                name = place.removesuffix(".tf").rpartition(".")[2]
                if name == "generated":
                    snippet = (diagnostic.get("snippet") or {}).get("context") or ""
                    name = (re.findall(r'"([^"]+)"', snippet) or [""])[-1]
                text = f"{diagnostic['summary']}: {diagnostic.get('detail', '')}"
                found.setdefault(name, " ".join(text.split()))
        return found

    def _terraform(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["terraform", *arguments, *(("-parallelism=30", "-input=false") if arguments[0] == "plan" else ())],
            cwd=self._folder,
            env=self._env,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )


def _resources(file: Path) -> dict[str, str]:
    """The resource blocks of a generated file, by name, each with its own text."""
    if not file.exists():
        return {}
    text = file.read_text()
    tree = syntax_tree(text)
    source = text.encode()
    found = {}
    for body in tree.root_node.children if tree is not None else ():
        for node in body.children:
            if node.type == "block":
                name = (node.children[2].text or b"").decode().strip('"')
                found[name] = source[node.start_byte : node.end_byte].decode() + "\n"
    return found


def _verdict(change: Mapping[str, Any]) -> str:
    if change["actions"] == ["no-op"]:
        return NO_CHANGE
    before, after = change["before"] or {}, change["after"] or {}
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return f"{'/'.join(change['actions'])}: {', '.join(names) or 'what is known after apply'}"
