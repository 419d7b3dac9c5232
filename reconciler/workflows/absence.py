"""Absence that need not be waited for: what AWS's own complete lists no longer hold, while the provider still waits.

A provider waits for what it cannot find, in case that it was only just made: 20 s for a queue. A list tells at once.
Why that is proof enough, and for which objects: docs/decisions/0007.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

from reconciler.drift.listing import RecordedIdentity, SweepResult, absent, canonical
from reconciler.drift.snapshot import RecordedInstance
from reconciler.workflows.sweep import identity_of
from reconciler.workflows.target import Past

Lists: TypeAlias = Callable[[Collection[tuple[str, str]], threading.Event], SweepResult]
"""Lists types, each in its region, to the end; the event is set where nobody waits for it any longer."""


class Absence:
    """What is positively gone from one account, for the length of one pass. Each type is listed once in a region.

    Used from several threads, which wait for each other.
    """

    def __init__(self, account_id: str, instances: Iterable[RecordedInstance], lists: Lists, past: Past) -> None:
        """Prepare; nothing is asked yet.

        Args:
            account_id: the environment's.
            instances: everything that the state records.
            lists: lists types.
            past: what the last pass observed.
        """
        self._account_id = account_id
        self._instances = instances
        self._lists = lists
        self._past = past
        self._lock = threading.Lock()
        self._wanted: set[tuple[str, str]] = set()
        self._results: list[SweepResult] = []

    def proven(self, slow: Sequence[RecordedInstance], region: str, cancel: threading.Event) -> Collection[str]:
        """The labels of those that are gone, of some whose reads take long.

        Args:
            slow: objects of one provider configuration.
            region: the configuration's.
            cancel: set where nobody waits for the answer any longer.

        Raises:
            CutOffError: it was cancelled.
            CloudError: there is no way into the account.
            DatabaseError: the past could not be read.
        """
        with self._lock:
            sought = {each.label: self._kept_by(each, region) for each in slow if self._was_seen(each, region)}
            self._list(
                {(canonical(one.resource_type), one.region or region) for ids in sought.values() for one in ids}, cancel
            )
            gone = {one for result in self._results for ids in sought.values() for one in absent(result, ids)}
        return {label for label, ids in sought.items() if not gone.isdisjoint(ids)}

    def _was_seen(self, instance: RecordedInstance, region: str) -> bool:
        """Whether a pass before this one saw this very object: what was only just made may be missing in a list."""
        baseline = self._past().get(instance.label)
        return baseline is not None and baseline.configuration.get("id") == identity_of(instance, region).id

    def _kept_by(self, instance: RecordedInstance, region: str) -> list[RecordedIdentity]:
        """The object itself, and the recorded object that it is a part of: a queue's policy goes with the queue.

        A part is of a type that is named after the whole's, and is kept under the whole's very id.
        """
        own = identity_of(instance, region)
        wholes = [
            identity_of(each, region)
            for each in self._instances
            if own.resource_type.startswith(f"{each.address.type}_")
            and each.provider == instance.provider
            and own.id.encode() in each.attributes
        ]
        return [one for one in (own, *wholes) if one.id == own.id and self._is_ours(one)]

    def _is_ours(self, identity: RecordedIdentity) -> bool:
        """Whether it is the account's own: what another account shares with it is in no list."""
        fields = identity.arn.split(":", 5) if identity.arn else []
        return len(fields) < 6 or fields[4] in {"", self._account_id}

    def _list(self, wanted: set[tuple[str, str]], cancel: threading.Event) -> None:
        new = wanted - self._wanted
        if new:
            self._results.append(self._lists(sorted(new), cancel))
            self._wanted |= new
