"""The variants of an experiment: written from drafts, pinned when they go before units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.models import Experiment, Variant
from experiments.registries import PARAMETER_PINNERS
from experiments.services.storable import require_storable


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """A variant as a form or the API describes it."""

    key: str
    name: str
    weight: int = 1
    is_control: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)


def write_variants(experiment: Experiment, drafts: Sequence[VariantDraft]) -> None:
    """Make the experiment's variants those of the drafts; who keeps its key keeps its row.

    Overrides and what testers have seen refer to the rows, and outlive a change of a weight.
    """
    for draft in drafts:
        require_storable(draft.parameters, field="variants.parameters")
    rows = {row.key: row for row in Variant.objects.filter(experiment=experiment)}
    wanted = {draft.key for draft in drafts}
    Variant.objects.filter(experiment=experiment).exclude(key__in=wanted).delete()
    # The mark is unique: it is taken from all before one gets it.
    Variant.objects.filter(experiment=experiment, is_control=True).update(is_control=False)
    for position, draft in enumerate(drafts):
        _write(rows.get(draft.key, Variant(experiment=experiment)), draft, position)


def _write(variant: Variant, draft: VariantDraft, position: int) -> None:
    variant.key = draft.key
    variant.name = draft.name
    variant.weight = draft.weight
    variant.is_control = draft.is_control
    variant.parameters = dict(draft.parameters)
    variant.position = position
    variant.full_clean()
    variant.save()


def pin_parameters(experiment: Experiment) -> None:
    """Let other rooms fix what a variant's parameters leave open, such as an artifact's version.

    A variant without parameters takes the placement's, as they are now: what it shows must not
    move with a default that somebody changes during the run.
    """
    default = experiment.placement.parameters if experiment.placement else None
    for variant in Variant.objects.filter(experiment=experiment):
        parameters = dict(variant.parameters or default or {})
        for pin in PARAMETER_PINNERS:
            parameters = pin(experiment.site, parameters, default)
        if parameters != variant.parameters:
            variant.parameters = parameters
            variant.save(update_fields=["parameters"])
