"""Credentials without their secrets: of a key only the end of its id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from reconciler.cli.render.paper import Paper
from reconciler.cli.render.text import visible
from reconciler.wiring.logins import Login

_MASK = "****"


def credentials_table(found: Sequence[Login], width: int) -> list[Text]:
    """Two lines per credential: name, account and type; then key, role, uses and times."""
    paper = Paper(max(width, 40))
    if not found:
        paper.line(Text("none yet: reconciler credentials add NAME --account-id ID --type TYPE"))
    for each in found:
        row = each.row
        account = f"{row.account_id} ({row.account_alias})" if row.account_alias else row.account_id
        head = Text.assemble((visible(row.name), "bold"), f"  {visible(account)}  {row.type.value}")
        paper.line(head if row.active else head.append("  disabled", "bold yellow"), hang=4)
        facts = [
            f"key {masked}" if (masked := _masked(each)) else "",
            visible(row.role_arn or ""),
            "with an external id" if row.external_id else "",
            f"for {', '.join(map(visible, each.used_by))}" if each.used_by else "for no environment",
            f"until {row.expires_at:%Y-%m-%d}" if row.expires_at else "",
            f"last used {row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never used",
        ]
        paper.line(Text(", ".join(filter(None, facts)), "dim"), indent=4, hang=2)
    return paper.lines


def credential_json(each: Login) -> dict[str, Any]:
    """A credential for programs."""
    row = each.row
    return {
        "name": row.name,
        "account_id": row.account_id,
        "account_alias": row.account_alias,
        "type": row.type.value,
        "access_key_id": _masked(each),
        "role_arn": row.role_arn,
        "external_id": _MASK if row.external_id else None,
        "environments": list(each.used_by),
        "active": row.active,
        "expires_at": _moment(row.expires_at),
        "last_used_at": _moment(row.last_used_at),
        "created_at": _moment(row.created_at),
        "updated_at": _moment(row.updated_at),
    }


def _masked(each: Login) -> str | None:
    return None if each.key_ending is None else f"{_MASK}{each.key_ending}"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
