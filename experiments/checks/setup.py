"""Hard launch checks: without these the experiment would decide nothing, or the wrong thing."""

from django.utils import timezone

from experiments.assignment.condition.matching import validate_condition
from experiments.assignment.layers import variant_ranges
from experiments.buckets import allocations_beside, free_range
from experiments.checks.prerequisites import prerequisite_problems
from experiments.errors import AllocationError
from experiments.models import Allocation, Experiment, Variant
from experiments.registries import Check


def setup_checks(experiment: Experiment) -> list[Check]:
    """Return the checks of variants, weights, traffic, audience and dates."""
    variants = list(experiment.variants.all())
    return [
        _enough_variants(variants),
        _one_control(variants),
        _weights(variants),
        _traffic(experiment),
        _eligibility(experiment),
        _prerequisites(experiment),
        _dates(experiment),
    ]


def _enough_variants(variants: list[Variant]) -> Check:
    return Check(
        "At least two variants",
        len(variants) >= 2,
        f"{len(variants)} configured",
        "Add a control and at least one treatment.",
        code="variants",
        link="variants",
    )


def _one_control(variants: list[Variant]) -> Check:
    controls = sum(variant.is_control for variant in variants)
    return Check(
        "Exactly one control",
        controls == 1,
        f"{controls} marked as control",
        "Mark one variant as the control.",
        code="control",
        link="variants",
    )


def _weights(variants: list[Variant]) -> Check:
    """Check that every variant gets a bucket: a weight far below the others rounds to none."""
    spans = variant_ranges([variant.weight for variant in variants]) if variants else ()
    shares = [(v.name, stop - start) for v, (start, stop) in zip(variants, spans, strict=True)]
    empty = [name for name, buckets in shares if buckets == 0]
    text = ", ".join(f"{name} {buckets / 100:g} %" for name, buckets in shares)
    return Check(
        "Weights give every variant units",
        not empty,
        f"{', '.join(empty)} gets no unit: {text}" if empty else text or "no variant",
        "Give every variant at least one ten-thousandth of the weights.",
        code="weights",
        link="traffic",
    )


def _traffic(experiment: Experiment) -> Check:
    """Check that the layer has room: a draft's buckets are not reserved and move when taken."""
    mine = Allocation.objects.filter(experiment=experiment).first()
    if mine is None:
        return _traffic_check("Traffic is allocated", "no buckets", "Allocate a share of units.")
    try:
        start, stop = free_range(experiment, mine)
    except AllocationError as error:
        rows = allocations_beside(experiment).values_list("experiment__key", flat=True)
        detail = f"{error}; held by {', '.join(sorted(rows))}"
        return _traffic_check("Traffic is free", detail, str(error.hint))
    return _traffic_check("Traffic is free", f"buckets {start}–{stop} of 10 000")


def _traffic_check(name: str, detail: str, fix: str = "") -> Check:
    return Check(name, not fix, detail, fix, code="traffic", link="traffic")


def _eligibility(experiment: Experiment) -> Check:
    problems = validate_condition(experiment.eligibility)
    return Check(
        "Eligibility can be evaluated",
        not problems,
        "; ".join(problems) or "no problem found",
        "Correct the condition.",
        code="eligibility",
        link="audience",
    )


def _prerequisites(experiment: Experiment) -> Check:
    problems = prerequisite_problems(experiment)
    count = experiment.prerequisites.count()
    return Check(
        "Prerequisites can be met",
        not problems,
        "; ".join(problems) or (f"{count} can be met" if count else "none"),
        "Start the experiment that this one needs, or remove the prerequisite.",
        code="prerequisites",
        link="audience",
    )


def _dates(experiment: Experiment) -> Check:
    end, start = experiment.ends_at, experiment.starts_at
    begins = max(start, timezone.now()) if start else timezone.now()
    return Check(
        "It ends after it starts",
        end is None or end > begins,
        "no end is set" if end is None else f"from {begins:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}",
        "Set an end that lies after the start and in the future.",
        code="dates",
        link="duration",
    )
