"""Who must be elsewhere first, and who is forced into a variant for testing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from experiments.errors import InvalidInput
from experiments.models import Experiment, Override, Prerequisite, Variant
from experiments.services.drafting import lock_editable
from experiments.services.locking import lock
from experiments.services.revising import revise


@dataclass(frozen=True, slots=True)
class OverrideDraft:
    """A unit and the key of the variant that it always gets."""

    unit_id: str
    variant: str
    note: str = ""


@transaction.atomic
def set_prerequisites(*, experiment_id: int, variant_ids: Iterable[int], actor: str) -> None:
    """Replace what a unit must be in: one of these variants of each experiment they are of.

    Raises InvalidInput on variants of this experiment or of another site, and once it has run.
    """
    experiment = lock_editable(experiment_id)
    wanted = _variants(experiment, set(variant_ids))
    before = required_by(experiment)
    experiment.prerequisites.all().delete()
    for required_id, variants in _by_experiment(wanted).items():
        row = Prerequisite.objects.create(experiment=experiment, required_id=required_id)
        row.variants.set(variants)
    revise(experiment, "prerequisites", before, required_by(experiment), actor=actor)


def _variants(experiment: Experiment, ids: set[int]) -> list[Variant]:
    rows = Variant.objects.filter(pk__in=ids, experiment__site=experiment.site_id)
    found = list(rows.exclude(experiment=experiment).select_related("experiment"))
    if missing := ids - {variant.pk for variant in found}:
        raise InvalidInput(
            f"no variant {min(missing)} in another experiment of {experiment.site}",
            field="prerequisites",
            hint="Name variants of other experiments of the same site.",
        )
    return found


def _by_experiment(variants: list[Variant]) -> dict[int, list[Variant]]:
    grouped: dict[int, list[Variant]] = defaultdict(list)
    for variant in variants:
        grouped[variant.experiment_id].append(variant)
    return grouped


def required_by(experiment: Experiment) -> dict[str, list[str]]:
    """Return the keys of the variants that units must be in, by the key of their experiment."""
    rows = Prerequisite.objects.filter(experiment=experiment).select_related("required")
    return {
        row.required.key: sorted(row.variants.values_list("key", flat=True))
        for row in rows.order_by("required__key")
    }


@transaction.atomic
def set_overrides(
    *, experiment_id: int, overrides: Sequence[OverrideDraft], actor: str, reason: str = ""
) -> None:
    """Replace the units that are forced into a variant; possible at any time: none is analysed.

    Raises InvalidInput on a variant that the experiment lacks and on a unit that is named twice.
    """
    experiment = lock(experiment_id)
    variants = {variant.key: variant for variant in experiment.variants.all()}
    before = forced_by(experiment)
    experiment.overrides.all().delete()
    for draft in overrides:
        _force(experiment, variants, draft)
    after = forced_by(experiment)
    revise(experiment, "overrides", before, after, actor=actor, reason=reason)


def _force(experiment: Experiment, variants: dict[str, Variant], draft: OverrideDraft) -> None:
    if draft.variant not in variants:
        raise InvalidInput(
            f"{experiment.key} has no variant {draft.variant!r}",
            field="overrides",
            hint=f"Its variants: {', '.join(variants)}.",
        )
    row = Override(
        experiment=experiment,
        unit_id=draft.unit_id,
        variant=variants[draft.variant],
        note=draft.note,
    )
    row.full_clean()
    row.save()


def forced_by(experiment: Experiment) -> list[dict[str, Any]]:
    """Return the overrides as the audit keeps them."""
    rows = Override.objects.filter(experiment=experiment).select_related("variant")
    return [asdict(OverrideDraft(row.unit_id, row.variant.key, row.note)) for row in rows]
