"""Questions beside the official analysis: which units, days and metrics, by which settings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from analytics.choices import Choices, choices_of, of_row, require_valid
from analytics.models import AnalysisSettings, Metric
from analytics.selectors import ChosenMetric, metrics_of
from experiments.errors import InvalidInput
from experiments.models import Experiment

MOST_ATTRIBUTES, MOST_METRICS, LONGEST_VALUE = 5, 30, 256
# An attribute's name is written into the statement's path; nothing that ends a text is one.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Question:
    """What an exploration looks at; what is empty is as in the official analysis.

    `segment`: only units that had these attributes when they were first exposed. `day_from`,
    `day_to`: only units first exposed from that day of the site to that one, both included, and
    nothing that happened after it. `metrics`: keys. `settings`: those of `Choices` that differ.
    """

    segment: Mapping[str, str | bool | int] = field(default_factory=dict)
    day_from: str = ""
    day_to: str = ""
    metrics: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the question JSON-ready."""
        return asdict(self) | {"metrics": list(self.metrics)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Question":
        """Return the question that `to_dict` wrote."""
        return cls(**{**stored, "metrics": tuple(stored.get("metrics", ()))})


def require_askable(question: Question, experiment: Experiment) -> None:
    """Raise InvalidInput, with the field and what is possible, on what cannot be asked."""
    _require_segment(question.segment)
    first, last = _day(question.day_from, "day_from"), _day(question.day_to, "day_to")
    if first and last and first > last:
        raise InvalidInput(
            f"day_from {first} is after day_to {last}", field="day_from", hint="Swap them."
        )
    metrics_for(question, experiment)
    choices_for(question, experiment)


def metrics_for(question: Question, experiment: Experiment) -> tuple[ChosenMetric, ...]:
    """Return the metrics that are looked at, each in its official role, else as a secondary one.

    Raises InvalidInput on one that the site lacks.
    """
    own = {chosen.metric.key: chosen for chosen in metrics_of(experiment)}
    if not question.metrics:
        return tuple(own.values())
    rows = Metric.objects.filter(site_id=experiment.site_id).order_by("version")
    newest = {row.key: row for row in rows}
    if unknown := [key for key in question.metrics if key not in newest]:
        known = ", ".join(sorted(newest)[:20])
        raise InvalidInput(
            f"{experiment.site} has no metric {unknown[0]!r}",
            field="metrics",
            hint=f"Known: {known}.",
        )
    if len(question.metrics) > MOST_METRICS:
        raise InvalidInput(f"at most {MOST_METRICS} metrics at once", field="metrics")
    return tuple(
        own.get(key) or ChosenMetric(newest[key], Metric.Role.SECONDARY)
        for key in dict.fromkeys(question.metrics)
    )


def choices_for(question: Question, experiment: Experiment) -> Choices:
    """Return the settings of the answer; raises InvalidInput on one that cannot be."""
    wanted = choices_of(experiment).changed(**question.settings)
    row = AnalysisSettings(experiment=experiment, **wanted.to_dict())
    require_valid(row)
    return of_row(row)


def _require_segment(segment: Mapping[str, Any]) -> None:
    if len(segment) > MOST_ATTRIBUTES:
        raise InvalidInput(f"at most {MOST_ATTRIBUTES} attributes at once", field="segment")
    for name, value in segment.items():
        if not NAME.fullmatch(name):
            raise InvalidInput(f"{name[:80]!r} is no name of an attribute", field="segment")
        if not isinstance(value, str | bool | int) or len(str(value)) > LONGEST_VALUE:
            raise InvalidInput(
                f"the attribute {name!r} cannot be {str(value)[:80]!r}",
                field="segment",
                hint="A text, a whole number, true or false.",
            )


def _day(text: str, field_name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"{text[:40]!r} is no day", field=field_name, hint="Write it as 2026-11-20."
        ) from None


def described(question: Question, names: Mapping[str, str]) -> Sequence[str]:
    """Return the question in words, a part each; `names`: of metrics by key."""
    parts = [f"units with {name} = {_said(value)}" for name, value in question.segment.items()]
    if question.day_from:
        parts.append(f"first exposed since {question.day_from}")
    if question.day_to:
        parts.append(f"until {question.day_to}")
    if question.metrics:
        parts.append("metrics: " + ", ".join(names.get(key, key) for key in question.metrics))
    parts += [f"{name} {_said(value)}" for name, value in question.settings.items()]
    return parts


def _said(value: object) -> str:
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )
