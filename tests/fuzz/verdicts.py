"""Altered templates, read by us and by Terraform: where it refuses the syntax we tell a problem, what it takes we take.

``PYTHONPATH=tests python -m fuzz.verdicts --count 500``. Terraform's verdicts come from ``fmt`` for the syntax and from
``validate`` for the rest; the templates hold nothing that needs a provider.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from fuzz.mutate import mutated
from fuzz.surfaces import HCL
from reconciler.desired.template import read_template

_BLOCKS = """variable "team" {
  type    = string
  default = "shop"
}

locals {
  names  = toset(["a", "b"])
  sizes  = { small = 1, large = 2 }
  script = <<-E
    echo ${var.team}
  E
}

resource "terraform_data" "one" {
  count = 2
  input = "${var.team}-${count.index}"
}

resource "terraform_data" "each" {
  for_each = local.names
  input    = { name = each.key, size = local.sizes["small"] }

  lifecycle {
    ignore_changes = [input]
  }
}

resource "terraform_data" "last" {
  input = [for name in local.names : upper(name) if name != "b"]

  provisioner "local-exec" {
    command = local.script
  }
}

output "all" {
  value = terraform_data.one[*].output
}
"""
SEEDS = [_BLOCKS.encode()]


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it where nothing of ours is set."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "CHECKPOINT_DISABLE": "1"}
    return subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=120,
    )


def verdict(data: bytes, folder: Path) -> str:
    """What both say of a template.

    Raises:
        AssertionError: they differ where they must not.
    """
    if b"\0" in data:
        return "holds a NUL: refused by us, taken by Terraform in places"
    (folder / "main.tf").write_bytes(data)
    problems = read_template(folder).problems
    ours = bool(problems)
    if terraform(folder, "fmt", "-check", "-list=false", "main.tf").returncode not in (0, 3):
        assert ours, "Terraform refuses the syntax, and we tell no problem"
        return "syntax refused by both"
    answer = json.loads(terraform(folder, "validate", "-json").stdout)
    if answer["valid"]:
        assert not ours, f"Terraform takes it, and we tell: {problems[0]}"
        return "taken by both"
    summary = next(each["summary"] for each in answer["diagnostics"] if each["severity"] == "error")
    return f"{'refused by both' if ours else 'refused by Terraform alone'}: {summary}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print how often each pair of verdicts came; 1 where they differ."""
    parser = argparse.ArgumentParser(prog="fuzz.verdicts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500)
    given = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.count):
            data = mutated(SEEDS, HCL.tokens, random.Random(f"{given.seed} {number}"))  # noqa: S311
            try:
                counts[verdict(data, Path(folder))] += 1
            except AssertionError as error:
                wrong += 1
                sys.stdout.write(f"{number}: {error}\n{data.decode('utf-8', 'replace')}\n")
    for pair, number in counts.most_common():
        sys.stdout.write(f"{number:5} {pair}\n")
    sys.stdout.write(f"{wrong:5} differ\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
