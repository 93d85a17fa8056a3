"""The lists that the variants would show one shopper now, side by side; recorded nowhere."""

from dataclasses import dataclass

from experiments.desks import VARIANT_DESKS, Sample, desk_of
from experiments.models import Experiment
from experiments.web.setup.shoppers import Shopper

SAMPLE_SIZE = 10
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Column:
    """A variant's list beside the others: its first items, and how it compares with control's."""

    sample: Sample | None
    comparison: str
    problem: str = ""


def columns_of(experiment: Experiment, shopper: Shopper) -> list[Column]:
    """Return the live list of every variant for one shopper; nothing of it is recorded."""
    desk = desk_of(VARIANT_DESKS)
    variants = list(experiment.variants.all())
    if desk is None or experiment.placement is None:
        return []
    site, placement = experiment.site, experiment.placement
    samples = [
        desk.sample(
            site, each.parameters or placement.parameters, shopper.unit_id, SAMPLE_SIZE, placement
        )
        for each in variants
    ]
    control = next((s for s, v in zip(samples, variants, strict=True) if v.is_control), None)
    return [_column(sample, control) for sample in samples]


def _column(sample: Sample, control: Sample | None) -> Column:
    if not sample.items:
        return Column(None, "", "No list: the catalogue of this site is empty.")
    shown = Sample(sample.items[:SHOWN], sample.source, sample.note)
    if control is None or sample is control:
        return Column(shown, "the list to compare with" if control else "no control is marked yet")
    theirs = {item.item_id for item in control.items}
    shared = sum(item.item_id in theirs for item in sample.items)
    return Column(shown, f"{shared} of {len(sample.items)} shared with the control")
