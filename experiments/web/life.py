"""An experiment's page from its launch on: everything that it shows, put together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count

from experiments.admin.layers import Part, layer_bar
from experiments.admin.panel import TONES, report_url
from experiments.checks.tryout import tester_slates
from experiments.desks import METRIC_DESKS, desk_of
from experiments.lifecycle import Status
from experiments.models import DecisionRecord, Experiment, Notice, Variant
from experiments.selectors import ExposureCounts, SlateCounts, exposure_counts, slate_counts
from experiments.web.health import HealthRow, health_of
from experiments.web.history import SHOWN, Entry, history_of
from experiments.web.hourly import MOST_MARK, Hourly, hourly_of
from experiments.web.moments import moment_text
from experiments.web.rampview import RampView, ramp_view
from experiments.web.runline import RunLine, run_line
from experiments.web.setup.question import metric_choices, sentence_of

FAR_FUTURE_US = 2**62


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A variant as it runs: its units beside its due share, and what it shows."""

    key: str
    name: str
    mark: int
    is_control: bool
    shows: str
    weight: int
    units: int
    share: str
    due: str
    width: str
    fallback: str
    tested: int


@dataclass(frozen=True, slots=True)
class Decided:
    """The record of the decision, as its panel shows it."""

    outcome: str
    tone: str
    reason: str
    shipped: str
    follow_up: str
    who: str
    when: str
    analysis: str


@dataclass(frozen=True, slots=True)
class LifePage:
    """What the page of an experiment shows."""

    tone: str
    word: str
    sentence: str
    where: str
    metrics: tuple[str, ...]
    notices: Sequence[Notice]
    line: RunLine | None
    variants: tuple[VariantRow, ...]
    n_units: int
    fallback: str
    hourly: Hourly
    ramp: RampView | None
    health: tuple[HealthRow, ...]
    history: Sequence[Entry]
    older: Sequence[Entry]
    layer_name: str
    layer: Sequence[Part]
    decided: Decided | None
    report_url: str
    enrolment: str


def life_page(experiment: Experiment, now: datetime) -> LifePage:
    """Return the page of an experiment that has started."""
    variants = list(experiment.variants.all())
    counts = exposure_counts(
        experiment_id=experiment.pk, phase=experiment.phase, until_us=FAR_FUTURE_US
    )
    served = slate_counts(
        experiment_id=experiment.pk, phase=experiment.phase, until_us=FAR_FUTURE_US
    )
    rows = variant_rows(experiment, variants, counts, served)
    history = history_of(experiment)
    n_units = sum(counts.by_variant.values())
    return LifePage(
        tone="bad" if experiment.is_killed else TONES[Status(experiment.status)],
        word="killed" if experiment.is_killed else experiment.status,
        sentence=sentence_of(experiment),
        where=f"{experiment.place}, {experiment.site.name}",
        metrics=tuple(metric_texts(experiment)),
        notices=list(experiment.notices.filter(resolved_at=None)[:5]),
        line=run_line(experiment, now, n_units),
        variants=rows,
        n_units=n_units,
        fallback=_fallback_text(served.values()),
        hourly=hourly_of(experiment, variants),
        ramp=ramp_view(experiment, now),
        health=health_of(experiment, counts, now),
        history=history[:SHOWN],
        older=history[SHOWN:],
        layer_name=experiment.layer.name,
        layer=layer_bar(experiment.layer, experiment),
        decided=decided_of(experiment),
        report_url=report_url(experiment),
        enrolment=_enrolment(experiment),
    )


def variant_rows(
    experiment: Experiment,
    variants: Sequence[Variant],
    counts: ExposureCounts,
    served: Mapping[int, SlateCounts],
) -> tuple[VariantRow, ...]:
    """Return the variants with their units of the present phase."""
    total = sum(counts.by_variant.values())
    weights = sum(variant.weight for variant in variants)
    most = max([*counts.by_variant.values(), 1])
    tested = _tested(experiment)
    rows = []
    for place, variant in enumerate(variants):
        units, lists = counts.by_variant.get(variant.pk, 0), served.get(variant.pk)
        rows.append(
            VariantRow(
                key=variant.key,
                name=variant.name,
                mark=min(place, MOST_MARK),
                is_control=variant.is_control,
                shows=shown_by(variant),
                weight=variant.weight,
                units=units,
                share=_percent(units, total),
                due=_percent(variant.weight, weights),
                width=f"{100 * units / most:.2f}%",
                fallback=_percent(lists.fallbacks, lists.slates) if lists else "–",
                tested=tested.get(variant.pk, 0),
            )
        )
    return tuple(rows)


def shown_by(variant: Variant) -> str:
    """Return what a variant shows, in a few words."""
    parameters: Mapping[str, Any] = variant.parameters
    shown = parameters.get("artifact") or parameters.get("recommender")
    return str(shown or "the placement’s default")


def _tested(experiment: Experiment) -> dict[int | None, int]:
    """Return how many lists of each variant testers were served."""
    rows = tester_slates(experiment).values_list("variant_id").annotate(n=Count("id")).order_by()
    return dict(rows)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _fallback_text(lists: Collection[SlateCounts]) -> str:
    """Return the share of lists of this phase that a fallback served."""
    slates = sum(each.slates for each in lists)
    return _percent(sum(each.fallbacks for each in lists), slates)


def metric_texts(experiment: Experiment) -> list[str]:
    """Return the metric that decides and those that guard, in words."""
    desk = desk_of(METRIC_DESKS)
    uses = desk.chosen(experiment) if desk else []
    words = {"primary": "decided by", "guardrail": "guarded by"}
    names = dict(metric_choices([experiment.site]))
    return [f"{words[use.role]} {names.get(use.key, use.key)}" for use in uses if use.role in words]


def _enrolment(experiment: Experiment) -> str:
    if experiment.enrolment_closed_at:
        return f"closed on {moment_text(experiment.enrolment_closed_at, experiment.site)}"
    if experiment.status == Status.RUNNING:
        return "open"
    return "rests" if experiment.status == Status.PAUSED else "over"


def decided_of(experiment: Experiment) -> Decided | None:
    """Return the decision of an experiment, None while there is none."""
    record = (
        DecisionRecord.objects.filter(experiment=experiment)
        .select_related("shipped_variant")
        .first()
    )
    if record is None:
        return None
    tones = {DecisionRecord.Outcome.WON: "good", DecisionRecord.Outcome.BROKEN: "bad"}
    return Decided(
        outcome=str(record.get_outcome_display()),
        tone=tones.get(DecisionRecord.Outcome(record.outcome), "idle"),
        reason=record.reason,
        shipped=record.shipped_variant.name if record.shipped_variant else "",
        follow_up=record.follow_up,
        who=record.actor,
        when=moment_text(record.at, experiment.site),
        analysis=analysis_text(record.analysis, experiment),
    )


def analysis_text(analysis: Mapping[str, Any], experiment: Experiment) -> str:
    """Return which analysis a decision rests on, "" without one."""
    if not analysis:
        return ""
    cut = datetime.fromtimestamp(int(analysis.get("data_cut_us", 0)) / 1_000_000, UTC)
    treatments = ((analysis.get("results") or {}).get("verdict") or {}).get("treatments") or ()
    verdicts = [f"{each['name']}: {str(each['state']).replace('_', ' ')}" for each in treatments]
    until = moment_text(cut, experiment.site)
    return "; ".join([f"Analysis {analysis.get('id')}, data until {until}", *verdicts])
