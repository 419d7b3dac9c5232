"""The people of one installation: who calls, who may approve, and how they come and go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.gate.people import Person, Role, Verb, is_expired, may
from reconciler.gate.refusal import Refusal
from reconciler.inventory.people import People
from reconciler.vault.key import MasterKey
from reconciler.vault.token import is_same, new_token, token_hash, token_id


@dataclass(frozen=True)
class Staff:
    """Who may do what. Tokens are made here and kept as hashes. ``changed`` is called after each change."""

    people: People
    key: Callable[[], MasterKey]
    changed: Callable[[], None] = lambda: None

    def caller(self, token: str | None) -> Person | Refusal:
        """Whose token this is."""
        if token is None:
            return Refusal("token", "no token was given: put it into RECONCILER_TOKEN or a file of mode 0600")
        found_by = token_id(token)
        known = self.people.by_token(found_by) if found_by else None
        if known is None or not is_same(known[1], token_hash(self.key(), token)):
            return Refusal("token", "the token is nobody's")
        person = known[0]
        if is_expired(person, datetime.now(UTC)):
            return Refusal("token", f"the token of {person.name} has expired")
        return person

    def allowed(self, token: str | None, verb: Verb, environment: str | None) -> Person | Refusal:
        """The caller, if they may do this here."""
        person = self.caller(token)
        if isinstance(person, Refusal):
            return person
        return may(person, verb, environment) or person

    def administrator(self, token: str | None, sitting: str) -> str | Refusal:
        """Who changes what belongs to the whole installation: an admin, or on a new one whoever sits there."""
        if self.people.is_new():
            return sitting
        caller = self.allowed(token, Verb.ADMINISTER, None)
        return caller if isinstance(caller, Refusal) else caller.name

    def entitled(self, environment: str) -> frozenset[str]:
        """Who may approve in an environment, as of now."""
        return frozenset(each.name for each in self.people.all() if may(each, Verb.APPROVE, environment) is None)

    def everybody(self) -> list[Person]:
        """Everybody with a role, by name."""
        return self.people.all()

    def add(
        self, token: str | None, name: str, role: Role, environments: frozenset[str], lifetime: timedelta | None
    ) -> str | Refusal:
        """Add somebody, and give their token, which nobody will be able to show again.

        On a new installation an admin of everything is added without a token, once.

        Raises:
            ConfigError: somebody has the name.
        """
        made = new_token()
        person = Person(name, role, environments, token_expires_at=_until(lifetime))
        unlimited = role is Role.ADMIN and not environments
        if token is None and unlimited and self._add(person, made, None):
            return made
        caller = self.allowed(token, Verb.ADMINISTER, None)
        if isinstance(caller, Refusal):
            return caller
        self._add(person, made, caller.name)
        return made

    def break_glass(self, name: str, sitting: str, lifetime: timedelta | None, consent: str | None) -> str | Refusal:
        """Add an admin without anybody's token, where nobody has a good one: root's word must be enough.

        Args:
            name: of the new admin.
            sitting: who sits there; the ledger names them.
            lifetime: of the token.
            consent: the name that root of this host has agreed to.

        Raises:
            ConfigError: somebody has the name.
        """
        if consent != name:
            return Refusal("break_glass", f"root of this host has not agreed to {name}")
        made, person = new_token(), Person(name, Role.ADMIN, token_expires_at=_until(lifetime))
        self._add(person, made, f"root, by break-glass ({sitting})")
        return made

    def set_active(self, token: str | None, name: str, *, active: bool) -> Person | Refusal:
        """Let somebody in again, or no longer.

        Raises:
            ConfigError: there is nobody of that name.
        """
        caller = self.allowed(token, Verb.ADMINISTER, None)
        if isinstance(caller, Refusal):
            return caller
        person = self.people.set_active(name, caller.name, active=active)
        self.changed()
        return person

    def renew(self, token: str | None, name: str, lifetime: timedelta | None) -> str | Refusal:
        """Give somebody another token: an admin to anybody, everybody to themselves.

        Raises:
            ConfigError: there is nobody of that name.
        """
        caller = self.caller(token)
        if isinstance(caller, Refusal):
            return caller
        if caller.name != name or not caller.active:
            refusal = may(caller, Verb.ADMINISTER, None)
            if refusal is not None:
                return refusal
        made = new_token()
        self.people.set_token(name, self._kept(made), _until(lifetime), caller.name)
        self.changed()
        return made

    def _add(self, person: Person, token: str, by: str | None) -> bool:
        added = self.people.add(person, *self._kept(token), by)
        if added:
            self.changed()
        return added

    def _kept(self, token: str) -> tuple[str, str]:
        return token_id(token) or "", token_hash(self.key(), token)


def _until(lifetime: timedelta | None) -> datetime | None:
    return None if lifetime is None else datetime.now(UTC) + lifetime
