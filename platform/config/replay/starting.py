"""The experiment that a replay is: every recommender a variant, the first one the control."""

from collections.abc import Sequence

from experiments.errors import InvalidInput
from experiments.models import Experiment, Site
from experiments.services import VariantDraft, create_experiment, start_experiment

KEY = "replay"


def start(site: Site, keys: Sequence[str], *, placement: str, days: int) -> Experiment:
    """Return a running experiment of the recommenders; the first is the control."""
    chosen = site.placements.filter(key=placement).first()
    if chosen is None:
        raise InvalidInput(f"unknown placement {placement!r}", field="placement")
    variants = [
        VariantDraft(key=key, name=key, is_control=not index, parameters={"recommender": key})
        for index, key in enumerate(keys)
    ]
    experiment = create_experiment(
        site=site,
        key=KEY,
        name=f"{site.name}: {' vs '.join(keys)}"[:200],
        hypothesis="Visits of the past, served again: which list holds more of what was bought?",
        placement=chosen,
        variants=variants,
        planned_days=max(days, 1),
    )
    return start_experiment(
        experiment_id=experiment.pk, actor="replay", waiver="a replay of past visits"
    )
