"""Changing what was decided: experiments, their traffic and their lives; one file a subject."""

from experiments.launching import launch_checks
from experiments.lifecycle import HOLDS_BUCKETS
from experiments.services.drafting import (
    VariantDraft,
    allocate,
    create_experiment,
    lock_editable,
    require_storable,
    require_valid_eligibility,
    set_variants,
)
from experiments.services.steps import (
    end_experiment,
    pause_experiment,
    start_experiment,
)
from experiments.sites import create_site, equip_site, new_seed

__all__ = [
    "HOLDS_BUCKETS",
    "VariantDraft",
    "allocate",
    "create_experiment",
    "create_site",
    "end_experiment",
    "equip_site",
    "launch_checks",
    "lock_editable",
    "new_seed",
    "pause_experiment",
    "require_storable",
    "require_valid_eligibility",
    "set_variants",
    "start_experiment",
]
