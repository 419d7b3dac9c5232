"""The settings' rules as the core's values."""

from __future__ import annotations

from datetime import datetime

from reconciler.drift.classify import Rules
from reconciler.drift.ignore import IgnoreRule
from reconciler.drift.severity import BUILT_IN, Row
from reconciler.settings import Settings


def rules_of(settings: Settings, now: datetime) -> Rules:
    """Ignore rules, and the severity table with the settings' rows on top."""
    ignore = tuple(
        IgnoreRule(
            resource=rule.resource,
            reason=rule.reason,
            owner=rule.owner,
            expires=rule.expires,
            path=rule.path,
            kinds=frozenset(rule.kinds),
            workspace=rule.workspace,
        )
        for rule in settings.ignore
    )
    own = tuple(
        Row(
            severity=rule.level,
            reason=rule.reason,
            types=(rule.resource_type,),
            paths=(rule.path,) if rule.path else (),
            kinds=frozenset({rule.kind}) if rule.kind else frozenset(),
        )
        for rule in settings.severity
    )
    return Rules(now.date(), ignore, (*own, *BUILT_IN))
