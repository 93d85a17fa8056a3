"""The experiments of a programme, each with its newest verdict and what was decided."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT

from analytics.models import Analysis, ExperimentMetric
from analytics.stats.lift import delta_lift
from analytics.stats.results import Estimate
from experiments.models import Experiment

MOST = 1_000  # experiments on one page; the newest


@dataclass(frozen=True, slots=True)
class Effect:
    """The lift of a treatment's primary metric with its standard error."""

    treatment: str
    lift: float
    se: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One experiment: `effects` by treatment; `outcome`, `shipped`: as decided, else ""."""

    experiment: Experiment
    verdict: str = ""
    headline: str = ""
    effects: tuple[Effect, ...] = ()
    outcome: str = ""
    shipped: str = ""
    decided_at: datetime | None = None
    buckets: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which experiments are looked at; "" for all. `tag`: of a metric that they use."""

    site: str = ""
    owner: str = ""
    tag: str = ""
    status: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filter":
        """Return the filter of an address; a NUL, which PostgreSQL refuses, matches nothing."""
        values = {name: query.get(name, "") for name in ("owner", "tag", "status")}
        values["site"] = query.get("in", "")
        return cls(**{name: v.replace("\0", "\ufffd")[:200] for name, v in values.items()})


@dataclass(frozen=True, slots=True)
class Programme:
    """The entries that a filter lets through, the newest first."""

    entries: tuple[Entry, ...]
    left_out: int = 0
    primaries: Mapping[int, str] = field(default_factory=dict)


def programme_of(experiments: QuerySet[Experiment], chosen: Filter) -> Programme:
    """Return the programme of these experiments: a few queries, however many there are.

    Of each report only its verdict is read. More than a thousand experiments are cut; `left_out`
    says by how many.
    """
    rows = _filtered(experiments, chosen)
    kept = list(_with_verdicts(rows)[:MOST])
    return Programme(
        entries=tuple(_entry(row) for row in kept),
        left_out=max(0, rows.count() - MOST) if len(kept) == MOST else 0,
        primaries=_primaries(kept),
    )


def _filtered(rows: QuerySet[Experiment], chosen: Filter) -> QuerySet[Experiment]:
    if chosen.site:
        rows = rows.filter(site__slug=chosen.site)
    if chosen.owner:
        rows = rows.filter(owner__username=chosen.owner)
    if chosen.status:
        rows = rows.filter(status=chosen.status)
    if chosen.tag:
        rows = rows.filter(pk__in=_with_tag(chosen.tag))
    return rows


def _with_tag(tag: str) -> list[int]:
    """Return the experiments that use a metric with a tag; tags are compared here, not in SQL.

    SQLite has no look-up for what a list in JSON contains.
    """
    uses = ExperimentMetric.objects.values_list("experiment_id", "metric__tags")
    return [experiment for experiment, tags in uses if tag in (tags or [])]


def _with_verdicts(rows: QuerySet[Experiment]) -> QuerySet[Experiment]:
    newest = Analysis.objects.filter(
        experiment=OuterRef("pk"), phase=OuterRef("phase"), status=Analysis.Status.READY
    ).order_by("-id")
    return (
        rows.annotate(
            verdict_json=Subquery(newest.annotate(text=KT("results__verdict")).values("text")[:1])
        )
        .select_related("site", "owner", "placement__layer", "own_layer", "allocation")
        .select_related("decision_record__shipped_variant")
        .order_by("-id")
    )


def _primaries(rows: list[Experiment]) -> dict[int, str]:
    """Return the key of each experiment's primary metric."""
    uses = ExperimentMetric.objects.filter(
        Q(role="primary"), experiment__in=[row.pk for row in rows]
    )
    return dict(uses.values_list("experiment_id", "metric__key"))


def _entry(row: Any) -> Entry:
    verdict: dict[str, Any] = json.loads(row.verdict_json) if row.verdict_json else {}
    record = getattr(row, "decision_record", None)
    allocation = getattr(row, "allocation", None)
    return Entry(
        experiment=row,
        verdict=verdict.get("state", ""),
        headline=str(verdict.get("headline", "")).rstrip("."),
        effects=tuple(filter(None, map(_effect, verdict.get("treatments", ())))),
        outcome=record.outcome if record else "",
        shipped=record.shipped_variant.key if record and record.shipped_variant else "",
        decided_at=record.at if record else None,
        buckets=(allocation.start, allocation.stop) if allocation else None,
    )


def _effect(judged: Mapping[str, Any]) -> Effect | None:
    """Return a treatment's lift with its first-order error, None where either is not defined."""
    primary = judged["primary"]
    control, treatment = (_estimate(primary[side]) for side in ("control", "treatment"))
    if None in (control.value, control.variance, treatment.value, treatment.variance):
        return None
    lift = delta_lift(control, treatment, critical_value=1.0)
    if lift.value is None or not lift.se:
        return None
    return Effect(judged["key"], lift.value, lift.se)


def _estimate(stored: Mapping[str, Any]) -> Estimate:
    return Estimate(n=stored["n"], value=stored["value"], variance=stored["variance"])
