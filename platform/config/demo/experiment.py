"""The demonstration's experiment, what every variant would show everybody, and what comes of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.launch.desk import choose
from config.demo.traffic import PLACEMENT
from config.simulation.behaviour import NOTHING
from config.simulation.shop import LIST_LENGTH, WINDOW_DAYS, Shop
from config.simulation.truth import TrueValue, find_truth
from experiments.assignment.specs import UnitIds
from experiments.desks import MetricUse
from experiments.models import Experiment, Site
from experiments.services import VariantDraft, create_experiment, start_experiment
from recommenders import state
from recommenders.registry import missing
from recommenders.serving import Wish, serve

KEY = "home-recommender"
RECOMMENDERS = ("popularity", "lightfm", "hybrid")
NAMES = {"popularity": "Popularity", "lightfm": "LightFM", "hybrid": "Hybrid"}
NEXT_PLACEMENT = "product"
# Those whose truth is known.
METRICS = (
    MetricUse("revenue_per_unit", "primary"),
    MetricUse("conversion", "secondary"),
    MetricUse("ctr", "secondary"),
    MetricUse("aov", "secondary"),
)
STEP = 500  # visitors between two reports of progress


def runnable() -> list[str]:
    """Return the recommenders that can run on this machine, control first."""
    return [key for key in RECOMMENDERS if missing(key) is None]


def start(site: Site, keys: Sequence[str], *, seed: int, days: int) -> Experiment:
    """Return a running experiment of these recommenders; the first is the control.

    Its seed follows from the demonstration's, so that the same one splits its visitors alike.
    """
    experiment = create_experiment(
        site=site,
        key=KEY,
        name=" vs ".join(NAMES[key] for key in keys),
        hypothesis="If the home page knows what a visitor likes, more lists are clicked and each "
        "visitor spends more, because fewer have to search for it.",
        placement=site.placements.get(key=PLACEMENT),
        variants=_drafts(keys),
        window_days=WINDOW_DAYS,
        monitoring=Experiment.Monitoring.FIXED,
        planned_days=days,
    )
    choose(experiment, METRICS)
    experiment.seed = f"{site.slug}:{seed}"
    experiment.save(update_fields=["seed"])
    return start_experiment(experiment_id=experiment.pk, actor="demo", waiver="a simulated shop")


def start_next(site: Site, keys: Sequence[str]) -> Experiment:
    """Return a second experiment that has just begun: something to try the interface on."""
    experiment = create_experiment(
        site=site,
        key="product-recommender",
        name=f"Product page: {' vs '.join(NAMES[key] for key in keys)}",
        hypothesis="If the product page shows what a visitor likes, more lists are clicked.",
        placement=site.placements.get(key=NEXT_PLACEMENT),
        variants=_drafts(keys),
    )
    return start_experiment(experiment_id=experiment.pk, actor="demo", waiver="a simulated shop")


def _drafts(keys: Sequence[str]) -> list[VariantDraft]:
    return [
        VariantDraft(
            key=key, name=NAMES[key], is_control=not index, parameters={"recommender": key}
        )
        for index, key in enumerate(keys)
    ]


def truth_of(
    shop: Shop, experiment: Experiment, progress: Callable[[int], None]
) -> list[TrueValue]:
    """Return the true value of every metric and variant; no event is read, nothing recorded.

    Every visitor is served every variant by the code that answers requests, and visits with fresh
    luck follow: ten times the experiment's traffic for each variant. `progress` is told of lists.
    """
    server = _Server(shop, experiment, progress)
    return find_truth(shop, list(server.parameters), server.lists)


class _Server:
    """Serves visitors by number, as the running installation would."""

    def __init__(self, shop: Shop, experiment: Experiment, progress: Callable[[int], None]) -> None:
        self.parameters: Mapping[str, dict[str, Any]] = {
            variant.key: variant.parameters for variant in experiment.variants.all()
        }
        self._site_id, self._shop, self._progress = experiment.site_id, shop, progress
        self._place = {item_id: i for i, item_id in enumerate(shop.catalogue.item_ids)}

    def lists(self, visitor: NDArray[np.int64], variant: str) -> NDArray[np.int64]:
        """Return each visitor's list under a variant, (n, LIST_LENGTH)."""
        lists = np.full((len(visitor), LIST_LENGTH), NOTHING, np.int64)
        serving, parameters = state.current(), self.parameters[variant]
        for row, number in enumerate(visitor.tolist()):
            wish = Wish(self._site_id, self._ids(number), LIST_LENGTH)
            for item in serve(wish, parameters, serving).items:
                lists[row, item.rank - 1] = self._place[item.item_id]
            if row % STEP == STEP - 1 or row == len(visitor) - 1:
                self._progress(row % STEP + 1)
        return lists

    def _ids(self, number: int) -> UnitIds:
        visitors = self._shop.visitors
        return UnitIds(visitors.visitor_ids[number], visitors.account_ids[number])
