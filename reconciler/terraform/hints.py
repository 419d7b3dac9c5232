"""What to do about the errors that Terraform reports most often."""

from __future__ import annotations

from reconciler.terraform.diagnostics import Diagnostic

_HINTS = (
    (
        "failed to query available provider",
        "name a provider mirror under [terraform] plugin_mirrors, or allow the registry",
    ),
    ("inconsistent dependency lock file", "run terraform init in the template's folder and commit the lock file"),
    ("no value for required variable", "give it under the workspace's variables or var_files"),
    ("undeclared input variable", "remove it from the workspace's variables, or declare it"),
    ("error acquiring the state lock", "somebody else works on this state: wait for them"),
    ("backend initialization required", "run terraform init in the template's folder"),
    ("no valid credential sources", "give the environment credentials that may read the account and the state"),
    ("unsupported terraform core version", "install the version that the template asks for in required_version"),
    ("module not installed", "run terraform init in the template's folder"),
    ("saved plan is stale", "make the plan again: the state has moved since"),
    ("failed to load plugin schemas", "install the provider again: its program does not run"),
)


def hint_for(diagnostic: Diagnostic) -> str:
    """What a person does next, one line."""
    text = f"{diagnostic.summary} {diagnostic.detail}".lower()
    return next((hint for mark, hint in _HINTS if mark in text), "run terraform plan by hand to see the whole message")
