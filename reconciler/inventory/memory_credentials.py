"""Credentials in memory, for tests of what uses them. The contract suite holds them against PostgreSQL's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from reconciler.inventory.credentials import missing, renewed, taken
from reconciler.inventory.port import Renew
from reconciler.inventory.rows import CredentialRow


@dataclass
class MemoryCredentials:
    """All credentials, by name."""

    kept: dict[str, CredentialRow] = field(default_factory=dict)

    def all(self) -> list[CredentialRow]:
        """Every credential, by name."""
        return [self.kept[name] for name in sorted(self.kept)]

    def one(self, name: str) -> CredentialRow:
        """The credential of that name."""
        if name not in self.kept:
            raise missing(name)
        return self.kept[name]

    def add(self, row: CredentialRow, by: str) -> None:
        """Keep a new credential."""
        if row.name in self.kept:
            raise taken(row.name)
        del by  # told by the ledger alone
        now = datetime.now(UTC)
        self.kept[row.name] = replace(row, created_at=now, updated_at=now)

    def change(self, name: str, what: str, by: str, alter: Callable[[CredentialRow], CredentialRow]) -> CredentialRow:
        """Write what ``alter`` makes of a credential."""
        del what, by  # told by the ledger alone
        altered = alter(self.one(name))
        self.kept[name] = replace(altered, updated_at=datetime.now(UTC))
        return altered

    def used(self, row: CredentialRow, at: datetime) -> None:
        """Write down when a credential was last used."""
        known = self.kept.get(row.name)
        if known is not None and known.id == row.id and (known.last_used_at is None or known.last_used_at < at):
            self.kept[row.name] = replace(known, last_used_at=at)

    def due(self, current: str) -> list[str]:
        """The ids of rows that hold a sealed text which does not begin so."""
        return sorted(row.id for row in self.kept.values() if _is_due(row, current))

    def renew(self, key: str, again: Renew) -> None:
        """Seal the secrets of a row anew."""
        row = next((each for each in self.kept.values() if each.id == key), None)
        if row is not None:
            self.kept[row.name] = replace(renewed(row, again), updated_at=datetime.now(UTC))


def _is_due(row: CredentialRow, current: str) -> bool:
    sealed = (row.access_key_id, row.secret_access_key, row.external_id)
    return any(each is not None and not each.startswith(current) for each in sealed)
