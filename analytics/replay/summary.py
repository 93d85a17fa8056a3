"""From all splits to what a replay says of each metric and of the split."""

from dataclasses import dataclass, field
from typing import Any

from analytics.replay.advice import of_alarms, of_metric
from analytics.replay.judging import Judged, single_look
from analytics.replay.results import ReplayRow
from analytics.reporting.comparing import Place
from analytics.reporting.scope import Scope
from analytics.stats.results import Comparison, Kind, Monitoring
from analytics.stats.validity.replays import judge_alarms, judge_replays
from analytics.trust.split import threshold_of
from experiments.models import Variant


@dataclass(slots=True)
class Seen:
    """What all splits so far said of one metric and treatment."""

    p_values: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    n_silent: int = 0
    n_claims: int = 0
    worst: dict[str, Any] = field(default_factory=dict)

    def add(self, seed: str, comparison: Comparison) -> None:
        """Count one split."""
        look = single_look(comparison)
        if comparison.p_value is None or look is None:
            self.n_silent += 1
            return
        self.p_values.append(comparison.p_value)
        self.looks.append(look)
        self.n_claims += (comparison.p_adjusted or comparison.p_value) < comparison.alpha
        lift = comparison.lift
        if lift is not None and abs(lift) > abs(self.worst.get("lift", 0.0)):
            self.worst = _worst(seed, comparison)


def _worst(seed: str, comparison: Comparison) -> dict[str, Any]:
    ends = comparison.lift_interval
    return {
        "seed": seed,
        "lift": comparison.lift,
        "low": ends.low if ends else None,
        "high": ends.high if ends else None,
        "p_value": comparison.p_value,
    }


@dataclass(slots=True)
class Summary:
    """Counts splits one by one; nothing of a split is kept but its p-values."""

    scope: Scope
    n_splits: int = 0
    n_alarms: int = 0
    seen: dict[Place, Seen] = field(default_factory=dict)

    def add(self, judged: Judged) -> None:
        """Count one split."""
        self.n_splits += 1
        self.n_alarms += judged.is_alarm
        for place, compared in judged.compared.items():
            self.seen.setdefault(place, Seen()).add(judged.seed, compared.comparison)

    def rows(self, caps: dict[str, int]) -> tuple[ReplayRow, ...]:
        """Return what came of each metric and treatment."""
        names = {treatment.key: treatment for treatment in self.scope.treatments}
        return tuple(
            self._row(chosen.metric.key, names[key], caps)
            for chosen in self.scope.metrics
            for key in names
            if (chosen.metric.key, key) in self.seen
        )

    def _row(self, key: str, treatment: Variant, caps: dict[str, int]) -> ReplayRow:
        chosen = next(each for each in self.scope.metrics if each.metric.key == key)
        seen = self.seen[key, treatment.key]
        is_exact = Monitoring(self.scope.experiment.monitoring) is Monitoring.FIXED
        evidence = judge_replays(
            seen.p_values,
            seen.looks,
            alpha=self.scope.choices.alpha,
            is_exact=is_exact,
            n_tests=len(self.seen),
        )
        words = of_metric(evidence, Kind(chosen.kind), is_exact=is_exact)
        return ReplayRow(
            metric=key,
            name=chosen.metric.name,
            kind=chosen.kind.value,
            role=chosen.role,
            treatment=treatment.key,
            treatment_name=treatment.name,
            evidence=evidence.to_dict(),
            n_silent=seen.n_silent,
            n_claims=seen.n_claims,
            worst=seen.worst,
            cap=caps.get(key),
            state=words.state,
            text=words.text,
            action=words.action,
        )

    def alarms(self) -> dict[str, Any]:
        """Return what came of the check of each split."""
        due = threshold_of(has_ended=self.scope.has_ended)
        evidence = judge_alarms(self.n_alarms, self.n_splits, due=due)
        words = of_alarms(evidence)
        said = {"state": words.state, "text": words.text, "action": words.action}
        return {**evidence.to_dict(), **said}
