"""One demonstration from a seed to its report, step by step; the services are running already."""

from dataclasses import dataclass
from datetime import UTC, datetime

from analytics.models import Analysis
from config.demo import equip, experiment, traffic
from config.demo.traffic import Traffic
from config.driving import stages
from config.driving.background import bar
from config.httpclient import ApiClient
from config.simulation.shop import Shop, make_shop, start_before
from config.simulation.truth import TrueValue
from experiments.models import Experiment, Site

ACTOR = "demo"


@dataclass(frozen=True, slots=True)
class Plan:
    """How large a demonstration is, and the seed that all of it follows from."""

    seed: int
    visitors: int = 15_000
    days: int = 14
    items: int = 2_400


@dataclass(frozen=True, slots=True)
class Stage:
    """A shop and the site that it was put into."""

    shop: Shop
    site: Site
    keys: equip.Keys
    past_events: int


@dataclass(frozen=True, slots=True)
class Played:
    """A demonstration that came to its report, and the truth beside it."""

    stage: Stage
    experiment: Experiment
    analysis: Analysis
    traffic: Traffic
    truth: list[TrueValue]


def set_up(plan: Plan) -> Stage:
    """Return a new site that holds the shop of the plan's seed and its past."""
    with bar("Making up the shop", 1) as advance:
        start = start_before(datetime.now(UTC), plan.days)
        shop = make_shop(
            seed=plan.seed,
            start=start,
            n_items=plan.items,
            n_visitors=plan.visitors,
            days=plan.days,
        )
        advance(1)
    site = equip.make_site(plan.seed)
    keys = equip.make_keys(site)
    equip.fill_catalogue(site, shop)
    with bar("Importing two months of events", _past_events(shop)) as advance:
        past_events = equip.fill_history(site, shop, advance)
    return Stage(shop, site, keys, past_events)


def _past_events(shop: Shop) -> int:
    """Return about how many events the past holds, for the bar."""
    outcome = shop.history.outcome
    organic = int((outcome.organic_item >= 0).sum())
    return len(shop.history.visits) + organic + 2 * int(outcome.clicked.sum())


def play(stage: Stage, plan: Plan, url: str) -> Played:
    """Train, run the experiment over HTTP at `url`, wait for its report and find the truth."""
    keys = stages.known_recommenders(stage.site, experiment.runnable())
    with bar(f"Training {', '.join(keys)}", len(keys)) as advance:
        stages.train(stage.site, keys, until=stage.shop.start, progress=advance)
    running = experiment.start(stage.site, keys, seed=plan.seed, days=plan.days)
    with ApiClient(url, key=stage.keys.simulator) as client:
        stages.wait_served(client, running)
        visits = len(stage.shop.plan(stage.shop.rng("traffic")))
        with bar(f"{plan.days} days of visits over HTTP", visits) as advance:
            sent = traffic.drive(client, stage.shop, advance)
    with bar("Applying what arrived", sent.lists) as advance:
        stages.wait_applied(stage.site, sent.lists, progress=advance)
    with bar("Computing the report", 1) as advance:
        analysis = stages.analyse(running, actor=ACTOR, reason=f"its {plan.days} days are over")
        advance(1)
    with bar("Serving everybody every variant", len(keys) * plan.visitors) as advance:
        truth = experiment.truth_of(stage.shop, running, advance)
    running.refresh_from_db()
    return Played(stage, running, analysis, sent, truth)
