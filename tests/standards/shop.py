"""A site whose twenty experiments use every feature that the open standards can express."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.assignment.hashing import BUCKETS
from experiments.keys import create_api_key
from experiments.models import (
    Allocation,
    ApiKey,
    DecisionRecord,
    Experiment,
    Holdout,
    Layer,
    Override,
    Prerequisite,
    Site,
)
from experiments.services import VariantDraft, create_experiment, create_site
from experiments.signals import bump
from experiments.sites import new_seed
from tests.standards.conditions import telling_conditions
from tests.standards.units import LISTED

SEED = 11


@dataclass(frozen=True)
class Plan:
    """One experiment: where it takes its buckets, how it splits them, and who may enter."""

    key: str
    place: str  # a placement, or a layer of its own
    buckets: int = BUCKETS
    open: float = 1.0  # the share of its buckets that the ramp has opened
    weights: Sequence[int] = (1, 1)
    unit_type: str = "visitor"
    status: str = "running"
    phase: int = 1
    has_condition: bool = True
    overrides: dict[str, int] = field(default_factory=dict)  # unit id → place of the variant
    needs: dict[str, Sequence[int]] = field(default_factory=dict)  # key → places of variants
    is_killed: bool = False
    shipped: int | None = None


VISITORS = LISTED["visitor_id"]
PLANS = (
    Plan("halves", "halves", has_condition=False),
    Plan("home-uneven", "home", 4000, weights=(50, 30, 20)),
    Plan("home-seven", "home", 4000, weights=[1] * 7, overrides={VISITORS[0]: 6, VISITORS[1]: 1}),
    Plan("home-ramp", "home", 2000, open=0.5, has_condition=False),
    Plan("product-account", "product", weights=(1, 1, 1), unit_type="account"),
    Plan("cart-session", "cart", 9000, unit_type="session"),
    Plan("whole", "whole"),
    Plan("held-out", "held-out", weights=(3, 1)),
    Plan("listed", "listed", overrides={VISITORS[2]: 0, VISITORS[0]: 1}),
    Plan("plain-session", "plain-session", unit_type="session"),
    Plan("needs-halves", "needs-halves", needs={"halves": [1]}),
    Plan("needs-two", "needs-two", needs={"product-account": [0, 2], "whole": [0]}),
    Plan("slivers", "shared", 5000, weights=(1, 9998, 1), phase=2),
    Plan("shared-third", "shared", 5000, phase=3),
    Plan("resting", "resting", status="paused", overrides={VISITORS[1]: 1}),
    Plan("planned", "planned", status="scheduled"),
    Plan("over", "over", status="ended"),
    Plan("stopped", "stopped", status="ended", is_killed=True),
    Plan("decided", "decided", status="ended", shipped=1),
    Plan(
        "account-last",
        "account-last",
        unit_type="account",
        overrides={LISTED["account_id"][0]: 1},
        needs={"decided": [1], "halves": [0, 1]},
    ),
)
# Neither may be seen in the payload: nobody but testers meets the one, the other needs a server.
SECRET = Plan("unborn", "unborn", status="draft")
REMOTE = Plan("fallback", "fallback", unit_type="account", has_condition=False)
PAST = {
    "scheduled": ["scheduled"],
    "running": ["running"],
    "paused": ["running", "paused"],
    "ended": ["running", "ended"],
    "draft": [],
}


def equip() -> dict[str, Any]:
    """Make the site; return its keys, its flags and the conditions that decide."""
    site = create_site(slug="shop", name="Shop")
    unused = iter(telling_conditions(sum(plan.has_condition for plan in PLANS), seed=SEED))
    conditions = {plan.key: next(unused) if plan.has_condition else {} for plan in PLANS}
    for plan in PLANS:
        _make(site, plan, conditions[plan.key])
    _make(site, SECRET, {})
    _make(site, REMOTE, {}, fallback_unit_type="visitor")
    _hold_out(site)
    bump()
    _row, secret = create_api_key(site=site, name="server")
    _row, publishable = create_api_key(site=site, name="page", kind=ApiKey.Kind.PUBLISHABLE)
    running = [plan.key for plan in PLANS if plan.status == "running"]
    return {
        "secret": secret,
        "publishable": publishable,
        "experiments": [plan.key for plan in PLANS],
        "running": running,
        "placements": [placement.key for placement in site.placements.all()],
        "conditions": [conditions[key] for key in running],
    }


def _make(site: Site, plan: Plan, condition: dict[str, Any], **fields: Any) -> None:
    placement = site.placements.filter(key=plan.place).first()
    variants = [
        VariantDraft(
            f"v{place}", f"Variant {place}", weight, place == 0, {"shows": place, "at": 2.0}
        )
        for place, weight in enumerate(plan.weights)
    ]
    experiment = create_experiment(
        site=site,
        key=plan.key,
        name=f"Internal name of {plan.key}",
        placement=placement,
        layer=None if placement else _layer(site, plan.place),
        variants=variants,
        allocation=plan.buckets,
        unit_type=plan.unit_type,
        eligibility=condition,
        **fields,
    )
    _surround(experiment, plan)
    _live(experiment, plan)


def _layer(site: Site, key: str) -> Layer:
    found = site.layers.filter(key=key).first()
    return found or Layer.objects.create(
        site=site, key=key, name=key, seed=new_seed(f"größe-{key}")
    )


def _surround(experiment: Experiment, plan: Plan) -> None:
    """Add overrides and prerequisites."""
    variants = list(experiment.variants.all())
    for unit_id, place in plan.overrides.items():
        Override.objects.create(experiment=experiment, unit_id=unit_id, variant=variants[place])
    for key, places in plan.needs.items():
        required = Experiment.objects.get(site=experiment.site, key=key)
        needed = Prerequisite.objects.create(experiment=experiment, required=required)
        needed.variants.set([list(required.variants.all())[place] for place in places])


def _live(experiment: Experiment, plan: Plan) -> None:
    """Take the experiment to its status; what decides whether that is wise is tested elsewhere."""
    row = Experiment.objects.filter(pk=experiment.pk)
    if plan.phase > 1:
        row.update(phase=plan.phase, seed=new_seed(f"{plan.key}-{plan.phase}"))
    allocation = Allocation.objects.get(experiment=experiment)
    allocation.admitted_stop = allocation.start + int(plan.buckets * plan.open)
    allocation.save()
    for status in PAST[plan.status]:
        row.update(status=status)
    row.update(is_killed=plan.is_killed)
    if plan.shipped is not None:
        _decide(experiment, plan.shipped)


def _decide(experiment: Experiment, place: int) -> None:
    DecisionRecord.objects.create(
        experiment=experiment,
        outcome=DecisionRecord.Outcome.WON,
        reason="it earned more",
        shipped_variant=list(experiment.variants.all())[place],
        actor="analyst",
        at=experiment.created_at,
    )


def _hold_out(site: Site) -> None:
    """Hold some units out of everything, and more of them out of one layer."""
    Holdout.objects.create(site=site, key="site", name="Site", seed=new_seed("site"), buckets=500)
    scoped = Holdout.objects.create(
        site=site, key="one", name="One layer", seed=new_seed("one"), buckets=2_000
    )
    scoped.layers.add(_layer(site, "held-out"))
