"""Changing what was decided: experiments, their traffic and their lives; one file a subject."""

from experiments.launching import launch_checks
from experiments.lifecycle import HOLDS_BUCKETS
from experiments.ramping import RampDraft
from experiments.services.approval import (
    approve_experiment,
    reject_experiment,
    submit_experiment,
)
from experiments.services.audience import OverrideDraft, set_overrides, set_prerequisites
from experiments.services.audit import record_change
from experiments.services.cloning import clone_experiment
from experiments.services.conflicts import require_unchanged
from experiments.services.decisions import record_decision
from experiments.services.deliveries import send_deliveries
from experiments.services.drafting import (
    allocate,
    create_experiment,
    lock_editable,
    require_valid_eligibility,
    set_variants,
)
from experiments.services.editing import edit_experiment
from experiments.services.measuring import choose_metrics
from experiments.services.notices import raise_notice, resolve_notice, see_notice
from experiments.services.people import set_roles
from experiments.services.phases import open_phase
from experiments.services.ramps import advance_ramps, ramp_to, set_ramp
from experiments.services.reminders import remind
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
from experiments.services.templates import TEMPLATES, create_from_template, draft_from_template
from experiments.services.variants import VariantDraft
from experiments.services.waivers import waive_check
from experiments.services.webhooks import change_webhook, create_webhook, delete_webhook
from experiments.sites import create_site, equip_site, new_seed

__all__ = [
    "HOLDS_BUCKETS",
    "TEMPLATES",
    "OverrideDraft",
    "RampDraft",
    "VariantDraft",
    "advance_ramps",
    "allocate",
    "approve_experiment",
    "archive_experiment",
    "change_webhook",
    "choose_metrics",
    "clone_experiment",
    "close_enrolment",
    "create_experiment",
    "create_from_template",
    "create_site",
    "create_webhook",
    "delete_webhook",
    "draft_from_template",
    "edit_experiment",
    "end_experiment",
    "equip_site",
    "kill_experiment",
    "launch_checks",
    "lock_editable",
    "new_seed",
    "open_phase",
    "pause_experiment",
    "raise_notice",
    "ramp_to",
    "record_change",
    "record_decision",
    "reject_experiment",
    "remind",
    "require_storable",
    "require_unchanged",
    "require_valid_eligibility",
    "resolve_notice",
    "run_schedule",
    "schedule_experiment",
    "see_notice",
    "send_deliveries",
    "set_overrides",
    "set_prerequisites",
    "set_ramp",
    "set_roles",
    "set_variants",
    "start_experiment",
    "submit_experiment",
    "unschedule_experiment",
    "waive_check",
]
