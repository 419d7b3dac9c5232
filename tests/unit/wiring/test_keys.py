from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from reconciler.drift.snapshot import Template
from reconciler.settings import Settings
from reconciler.vault.seal import Place, Sealer
from reconciler.wiring.keys import Keys


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(Settings(state_dir=tmp_path), {})


def test_a_template_comes_back_to_the_byte(keys: Keys) -> None:
    template = Template(
        "t",
        "sha256:1",
        {"main.tf": "é", "marked.tf": "x"},
        (),
        assets={"a.zip": bytes(range(256)), "marked.tf": b"\xef\xbb\xbfx"},
        left_out={"big.zip": "larger than 5 MB"},
    )
    sealed = keys.seal("shop", template)
    assert "main.tf" not in sealed
    kept = keys.open("shop", "sha256:1", sealed)
    assert kept.content == {"main.tf": "é".encode(), "a.zip": bytes(range(256)), "marked.tf": b"\xef\xbb\xbfx"}
    assert kept.left_out == {"big.zip": "larger than 5 MB"}


@pytest.mark.parametrize("files", [{"main.tf": "text"}, {}, {"files": "x", "assets": "y", "left_out": "z"}])
def test_what_was_kept_before_assets_opens_too(keys: Keys, files: dict[str, str]) -> None:
    place = Place("iac_templates", "shop sha256:1", "template_content")
    sealed = Sealer(keys.master).seal(msgspec.json.encode(files), place)
    kept = keys.open("shop", "sha256:1", sealed)
    assert (kept.content, kept.left_out) == ({name: text.encode() for name, text in files.items()}, {})
