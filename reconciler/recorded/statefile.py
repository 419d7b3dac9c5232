"""State files of Terraform and OpenTofu, version 4, which all releases since 0.12 write.

Format: https://github.com/hashicorp/terraform/blob/main/internal/states/statefile/version4.go. HashiCorp promises
nothing about it, so unknown fields are skipped, and what is read is read strictly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from reconciler.drift.address import Address
from reconciler.drift.snapshot import RecordedInstance, RecordedState
from reconciler.recorded.resource import check_resource, read_resource
from reconciler.recorded.strict_json import Piece, check_together

_VERSION: Final = 4
_MAX_SERIAL: Final = 2**63 - 1  # PostgreSQL's bigint

_number = msgspec.json.Decoder(int)
_optional_text = msgspec.json.Decoder(str | None)


def read_state(data: bytes | None, *, location: str) -> RecordedState:
    """Read a state file.

    Args:
        data: the file's content. None or not one byte means that there is no state yet.
        location: how errors and the result name the file; holds no secret.

    Returns:
        the managed objects in the file's order, deposed and tainted ones too. Data sources are left out. Where there
        is no state yet, ``serial`` is None.

    Raises:
        StateError: it is no state, one of another version, encrypted, damaged, or ambiguous.
    """
    if not data:
        return RecordedState(location=location)
    root = Piece(data, data, location)
    fields = root.members()
    _check_version(root, fields)
    root.check_nul()
    if "serial" not in fields:
        raise root.error("the state has no serial", hint="Terraform writes one; without it this may be another file")
    serial = fields["serial"].read(_number)
    if not 0 <= serial <= _MAX_SERIAL:
        raise fields["serial"].error("expected a number from 0 to 2^63-1")
    lineage, writer = fields.get("lineage"), fields.get("terraform_version")
    instances: list[RecordedInstance] = []
    for name, part in fields.items():
        if name == "resources":
            pieces = part.items()
            check_together(pieces, check_resource)
            for piece in pieces:
                instances += read_resource(piece)
        else:
            part.check()
    _check_unique(root, instances)
    return RecordedState(
        instances=tuple(instances),
        lineage=(lineage.read(_optional_text) if lineage else None) or "",
        serial=serial,
        terraform_version=(writer.read(_optional_text) if writer else None) or None,
        location=location,
    )


def _check_version(root: Piece, fields: Mapping[str, Piece]) -> None:
    if "encrypted_data" in fields:
        hint = "OpenTofu encrypted it; leave out `state` in the settings, so that `tofu state pull` decrypts it"
        raise root.error("the state is encrypted", hint=hint)
    if "checkpoint" in fields or "deployment" in fields:
        raise root.error("not a Terraform state: Pulumi wrote it", hint="check the path or key of the state")
    if "version" not in fields:
        raise root.error("not a Terraform state: there is no version", hint=_foreign(fields))
    field = fields["version"]
    version = field.read(_number)
    if 1 <= version < _VERSION:
        hint = "open it once with Terraform 0.13 or newer: `terraform apply -refresh-only` writes version 4"
        raise field.error(f"the state has version {version}, which Terraform wrote before 0.12", hint=hint)
    if version > _VERSION:
        raise field.error("the state is newer than version 4, the last one known", hint="update the reconciler")
    if version != _VERSION:
        raise field.error("not the version of a Terraform state")


def _foreign(fields: Mapping[str, Piece]) -> str:
    if "format_version" in fields:
        return "this is output of `terraform show -json`; the state file itself is wanted"
    if "Resources" in fields:
        return "this looks like CloudFormation, which belongs to `template`, not to `state`"
    return "check the path or key of the state"


def _check_unique(root: Piece, instances: list[RecordedInstance]) -> None:
    seen: set[tuple[Address, str | None]] = set()
    for instance in instances:
        key = (instance.address, instance.deposed)
        if key in seen:
            raise root.error(f"{instance.label} stands twice in the state")
        seen.add(key)
