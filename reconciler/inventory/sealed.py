"""What else is stored sealed: templates, and what the vault keeps for itself. Kept, and sealed anew row by row."""

from __future__ import annotations

from typing import LiteralString

from reconciler.inventory.engine import connect, place
from reconciler.inventory.faults import translated
from reconciler.inventory.port import Renew
from reconciler.inventory.stored import read_text

_KEEP: LiteralString = "INSERT INTO vault_secrets (name, sealed) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING"
_KEPT: LiteralString = "SELECT sealed FROM vault_secrets WHERE name = %s"
_KEPT_DUE: LiteralString = "SELECT name FROM vault_secrets WHERE NOT starts_with(sealed, %s) ORDER BY name"
_HELD: LiteralString = "SELECT sealed FROM vault_secrets WHERE name = %s FOR UPDATE"
_REPLACE: LiteralString = "UPDATE vault_secrets SET sealed = %s WHERE name = %s"

_TEMPLATES_DUE: LiteralString = """
SELECT id::text FROM iac_templates WHERE NOT starts_with(template_content, %s) ORDER BY id
"""
_TEMPLATE: LiteralString = "SELECT name, version, template_content FROM iac_templates WHERE id = %s::uuid FOR UPDATE"
_SET_TEMPLATE: LiteralString = "UPDATE iac_templates SET template_content = %s WHERE id = %s::uuid"


class VaultSecrets:
    """``vault_secrets`` in PostgreSQL. Every method raises DatabaseError where the database does not answer."""

    def __init__(self, url: str) -> None:
        """Read and write at a libpq URL."""
        self._url = url
        self._place = place(url)

    def keep(self, name: str, sealed: str) -> str:
        """Store a sealed text if nothing is stored under its name yet, and give what is stored.

        Of several who come at once, one is the first, and all get its text.
        """
        with translated(self._place), connect(self._url) as connection:
            found = connection.execute(_KEPT, (name,)).fetchone()
            if found is None:
                connection.execute(_KEEP, (name, sealed))
                found = connection.execute(_KEPT, (name,)).fetchone()
        return sealed if found is None else str(found[0])

    def due(self, current: str) -> list[str]:
        """The names of texts that do not begin so."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return [str(row[0]) for row in connection.execute(_KEPT_DUE, (current,)).fetchall()]

    def renew(self, key: str, again: Renew) -> None:
        """Seal one text anew, in one transaction."""
        with translated(self._place), connect(self._url) as connection, connection.transaction():
            found = connection.execute(_HELD, (key,)).fetchone()
            if found is not None:
                connection.execute(_REPLACE, (again("vault_secrets", key, "sealed", found[0]), key))


class TemplateContents:
    """``iac_templates.template_content`` in PostgreSQL. Every method raises DatabaseError where it does not answer."""

    def __init__(self, url: str) -> None:
        """Read and write at a libpq URL."""
        self._url = url
        self._place = place(url)

    def due(self, current: str) -> list[str]:
        """The ids of rows whose content does not begin so."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return [str(row[0]) for row in connection.execute(_TEMPLATES_DUE, (current,)).fetchall()]

    def renew(self, key: str, again: Renew) -> None:
        """Seal one template's content anew, in one transaction. A row that is gone is none."""
        with translated(self._place), connect(self._url) as connection, connection.transaction():
            found = connection.execute(_TEMPLATE, (key,)).fetchone()
            if found is not None:
                name, version, sealed = found
                row = f"{read_text(name)} {version}"
                connection.execute(_SET_TEMPLATE, (again("iac_templates", row, "template_content", sealed), key))
