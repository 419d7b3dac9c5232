"""A second look at differences that may be none: the cloud has not caught up, or the provider has not read all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event
from typing import Final

from reconciler.drift.classify import Comparison
from reconciler.drift.report import KnownFinding
from reconciler.drift.snapshot import Baseline, RecordedState, Template
from reconciler.drift.unsettled import unsettled, vanished
from reconciler.errors import CutOffError
from reconciler.workflows.progress import Progress
from reconciler.workflows.target import Observation, Target

# AWS asks to allow for five minutes: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
_FRESH: Final = timedelta(minutes=5)
PAUSES: Final = (1.0, 2.0, 4.0)
"""Seconds before each further look."""


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Looks again, until a difference is gone or has lasted, and asks whether what is empty was read at all.

    ``pauses`` are seconds.
    """

    target: Target
    now: Callable[[], datetime]
    cancelled: Event
    pauses: tuple[float, ...] = PAUSES

    def settle(
        self,
        template: Template,
        state: RecordedState,
        observation: Observation,
        compare: Callable[[Observation], Comparison],
        past: tuple[Mapping[str, Baseline], Sequence[KnownFinding]],
        progress: Progress,
    ) -> tuple[Observation, Comparison]:
        """What was observed, with what was read again in its place, and how it compares.

        Args:
            template: the template.
            state: what is recorded.
            observation: what the first look has seen.
            compare: compares what was observed with the other sides.
            past: baselines by label, and the unresolved findings.
            progress: told that it takes longer.

        Raises:
            CutOffError: the pass was cancelled.
        """
        baselines, known = past
        comparison = compare(observation)
        fresh: bool | None = None
        for pause in self.pauses:
            labels = unsettled(comparison.findings, known, baselines, observation.readings)
            if fresh is None and labels:
                fresh = self._is_fresh(template)
            if not labels or not fresh:
                break
            progress.phase(self.target.name, "looking again", len(labels))
            if self.cancelled.wait(pause):
                raise CutOffError
            part = replace(state, instances=tuple(each for each in state.instances if each.label in labels))
            observation = observation.renewed(self.target.observer.observe(template, part, lambda: baselines, progress))
            comparison = compare(observation)
        if labels := vanished(comparison.findings, known):
            doubted = tuple(each for each in state.instances if each.label in labels)
            unread = tuple(self.target.passed_over(template, doubted))
            told = {each.instance.label for each in unread}
            # What can be read whole now may not have been before: a call that failed once is over.
            clear = replace(state, instances=tuple(each for each in doubted if each.label not in told))
            if clear.instances:
                again = self.target.observer.observe(template, clear, lambda: baselines, progress)
                observation = observation.renewed(again)
            observation = observation.renewed(Observation(unread))
            comparison = compare(observation)
        return observation, comparison

    def _is_fresh(self, template: Template) -> bool:
        """Whether the state may have been written in the last minutes. Not every place tells when that was."""
        written = self.target.written(template)
        return written is None or self.now() - written < _FRESH
