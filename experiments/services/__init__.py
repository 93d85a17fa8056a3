"""Changing what was decided: experiments, their traffic and their lives; one file a subject."""

from experiments.launching import launch_checks
from experiments.lifecycle import HOLDS_BUCKETS
from experiments.ramping import RampDraft
from experiments.services.approval import (
    approve_experiment,
    reject_experiment,
    submit_experiment,
)
from experiments.services.audit import record_change
from experiments.services.drafting import (
    allocate,
    create_experiment,
    lock_editable,
    require_valid_eligibility,
    set_variants,
)
from experiments.services.editing import edit_experiment
from experiments.services.phases import open_phase
from experiments.services.ramps import advance_ramps, ramp_to, set_ramp
from experiments.services.scheduling import (
    run_schedule,
    schedule_experiment,
    unschedule_experiment,
)
from experiments.services.steps import (
    archive_experiment,
    close_enrolment,
    end_experiment,
    kill_experiment,
    pause_experiment,
    start_experiment,
)
from experiments.services.storable import require_storable
from experiments.services.variants import VariantDraft
from experiments.sites import create_site, equip_site, new_seed

__all__ = [
    "HOLDS_BUCKETS",
    "RampDraft",
    "VariantDraft",
    "advance_ramps",
    "allocate",
    "approve_experiment",
    "archive_experiment",
    "close_enrolment",
    "create_experiment",
    "create_site",
    "edit_experiment",
    "end_experiment",
    "equip_site",
    "kill_experiment",
    "launch_checks",
    "lock_editable",
    "new_seed",
    "open_phase",
    "pause_experiment",
    "ramp_to",
    "record_change",
    "reject_experiment",
    "require_storable",
    "require_valid_eligibility",
    "run_schedule",
    "schedule_experiment",
    "set_ramp",
    "set_variants",
    "start_experiment",
    "submit_experiment",
    "unschedule_experiment",
]
