"""The one draft that benchmarks fill with rows: two variants at the home page, split in halves."""

from typing import Any

from experiments.models import Experiment, Site
from experiments.services import VariantDraft, create_experiment


def a_draft(site: Site, **fields: Any) -> Experiment:
    """Return a new draft of the site; `fields` as `create_experiment` takes them."""
    variants = [
        VariantDraft(key="control", name="Control", is_control=True),
        VariantDraft(key="treatment", name="Treatment"),
    ]
    home = site.placements.get(key="home")
    return create_experiment(
        site=site, key="bench", name="Bench", placement=home, variants=variants, **fields
    )
