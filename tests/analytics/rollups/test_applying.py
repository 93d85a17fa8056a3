"""What the drain keeps up: any order of arrival gives what the rows say."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from analytics.models import Metric, RollupState
from analytics.rollups.applying import apply_touched
from analytics.rollups.plans import rules_of
from experiments.drain import drain_once
from experiments.intake.slates import ServedSlate
from experiments.models import Event, Experiment, Exposure, UnitLink, Variant
from experiments.registries import Touched
from tests.analytics.metrics import DAY
from tests.analytics.rollups.kept import (
    a_kept_experiment,
    from_rollups,
    from_rows,
    kept_rows,
    measured,
    recounted,
)
from tests.experiments.drain.waiting import (
    a_purchase,
    a_slate,
    an_event,
    apply_all,
    put_events,
    put_slates,
    variants_of,
)
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db

HOUR = DAY / 24
UNITS = 8


@dataclass(frozen=True, slots=True)
class Fact:
    """A slate or an event, on its own way to the inbox."""

    slate: ServedSlate | None = None
    event: dict[str, Any] = field(default_factory=dict)


def facts_of(experiment: Experiment, chance: random.Random) -> list[Fact]:
    """Return what a few units met and did: some in two variants, some signed in only once."""
    out = []
    variants = list(variants_of(experiment).values())
    for number in range(UNITS):
        visitor, account = f"v-{number}", f"a-{number}"
        own = variants[number % 2]
        for _ in range(3):
            variant = chance.choice(variants) if chance.random() < 0.1 else own
            at = NOW + chance.randrange(-24 * 4, 24 * 2) * HOUR
            shown = a_slate(experiment.site, variant=variant, at=at, visitor_id=visitor)
            out.append(Fact(shown))
            if chance.random() < 0.5:
                out.append(Fact(event=clicked(shown, at)))
        out += [Fact(event=each) for each in _events(visitor, account, chance)]
    return out


def clicked(shown: ServedSlate, at: Any) -> dict[str, Any]:
    """Return a click that names its slate and no unit."""
    return an_event("select_item", at=at, unit={}, request_id=str(shown.request_id), item_id="i")


def _events(visitor: str, account: str, chance: random.Random) -> Iterator[dict[str, Any]]:
    both = {"visitor_id": visitor, "account_id": account}
    for number in range(4):
        at = NOW + chance.randrange(-24 * 5, 24 * 3) * HOUR
        unit = chance.choice([both, {"visitor_id": visitor}, {"account_id": account}])
        order = f"{visitor}-{number}"
        yield a_purchase(chance.randrange(10_000), unit=unit, order_id=order, quantity=2, at=at)
        yield an_event("view_item", unit=unit, at=at)
        if chance.random() < 0.5:
            names_order = {"order_id": order} if chance.random() < 0.7 else {}
            value = {"amount": chance.randrange(12_000), "currency": "EUR"}
            back = {"value": value, "unit": {"account_id": account}, **names_order}
            yield an_event("refund", at=at + HOUR, **back)


def arrive(experiment: Experiment, facts: Sequence[Fact]) -> None:
    """Let the facts wait, one in a document."""
    for fact in facts:
        if fact.slate is not None:
            put_slates(fact.slate)
        else:
            put_events(experiment.site, fact.event, now=NOW + 4 * DAY)


@pytest.mark.parametrize("unit_types", [("visitor", ""), ("account", "visitor")])
@pytest.mark.parametrize("seed", range(3))
def test_facts__in_any_order_and_any_passes__give_what_the_rows_give(
    seed: int, unit_types: tuple[str, str]
) -> None:
    chance = random.Random(f"{seed} {unit_types}")
    experiment = a_kept_experiment(unit_type=unit_types[0], fallback_unit_type=unit_types[1])
    facts = facts_of(experiment, chance)
    chance.shuffle(facts)
    arrive(experiment, facts)

    for _ in range(6):
        drain_once(limit=chance.randrange(10, 40))
        assert from_rollups(experiment) == from_rows(experiment)
        assert recounted(experiment) == []
    apply_all()

    assert from_rollups(experiment) == from_rows(experiment)
    assert recounted(experiment) == []
    assert UnitLink.objects.exists()
    assert Event.objects.filter(refunded__gt=0).exists()
    assert Exposure.objects.filter(is_multiple=True).exists() or seed != 0


@pytest.mark.parametrize("seed", range(2))
def test_facts__in_two_orders__leave_the_same_rows(seed: int) -> None:
    kept = []
    for order in (0, 1):
        site = a_site(f"shop-{order}")
        experiment = a_kept_experiment(site)
        facts = facts_of(experiment, random.Random(seed))
        random.Random(order).shuffle(facts)
        arrive(experiment, facts)
        apply_all()
        kept.append(kept_rows(experiment))

    assert kept[0] == kept[1] != {}


@pytest.fixture
def experiment() -> Experiment:
    return a_kept_experiment()


@pytest.fixture
def control(experiment: Experiment) -> Variant:
    return variants_of(experiment)["control"]


def spent(experiment: Experiment) -> dict[str, int]:
    """Return what each unit's kept revenue is."""
    rows = kept_rows(experiment).items()
    return {unit: sums[0] for (key, unit), sums in rows if key == "revenue_per_unit"}


def test_purchase__before_its_unit_is_exposed__counts_once_the_slate_comes(
    experiment: Experiment, control: Variant
) -> None:
    put_events(experiment.site, a_purchase(700, at=NOW + HOUR))
    apply_all()
    assert spent(experiment) == {}

    put_slates(a_slate(experiment.site, variant=control))
    apply_all()

    assert spent(experiment) == {"v-1": 700}


def test_exposure__found_to_be_earlier__moves_the_window(
    experiment: Experiment, control: Variant
) -> None:
    put_slates(a_slate(experiment.site, variant=control))
    put_events(experiment.site, a_purchase(700, at=NOW - HOUR))
    apply_all()
    assert kept_rows(experiment)["revenue_per_unit", "v-1"] == (0, 0, 700, 0)

    put_slates(a_slate(experiment.site, variant=control, at=NOW - 2 * HOUR))
    apply_all()

    assert kept_rows(experiment)["revenue_per_unit", "v-1"] == (700, 0, 0, 0)


def test_unit__seen_in_a_second_variant__loses_its_rows(
    experiment: Experiment, control: Variant
) -> None:
    put_slates(a_slate(experiment.site, variant=control))
    put_events(experiment.site, a_purchase(700))
    apply_all()
    assert spent(experiment) == {"v-1": 700}

    put_slates(a_slate(experiment.site, variant=variants_of(experiment)["treatment"]))
    apply_all()

    assert kept_rows(experiment) == {}
    assert from_rollups(experiment) == from_rows(experiment)


def test_event__of_a_type_that_no_metric_reads__computes_nothing(
    experiment: Experiment, control: Variant, django_assert_num_queries: Any
) -> None:
    put_slates(a_slate(experiment.site, variant=control))
    apply_all()
    of_no_interest = frozenset({(experiment.site_id, "search", "v-1", "", "", 0)})

    with django_assert_num_queries(1):
        apply_touched(Touched(events=of_no_interest))


def test_pass__of_many_units__takes_few_statements(
    experiment: Experiment, control: Variant, django_assert_max_num_queries: Any
) -> None:
    units = [f"v-{number}" for number in range(300)]
    put_slates(*(a_slate(experiment.site, variant=control, visitor_id=unit) for unit in units))
    apply_all()
    touched = frozenset((experiment.pk, 1, unit) for unit in units)

    # States, savepoint twice, stored rows, exposures, events, history, slates; settings around.
    with django_assert_max_num_queries(20):
        apply_touched(Touched(exposures=touched))


def test_sums__that_cannot_be_stored__fail_the_rollups_and_not_the_pass(
    experiment: Experiment, control: Variant
) -> None:
    Metric.objects.filter(key="pieces").update(numerator={"source": "nowhere"})
    _accept_rules(experiment)
    put_slates(a_slate(experiment.site, variant=control))

    apply_all()

    assert Exposure.objects.count() == 1
    found = measured(experiment)
    assert "source" in found.notes["conversion"]
    assert found.sources["conversion"] == "rows"


def _accept_rules(experiment: Experiment) -> None:
    """Let the states pass as made under the present rules."""
    for state in RollupState.objects.select_related("experiment__site", "metric"):
        state.rules = rules_of(experiment, state.metric)
        state.save()


def test_rules__changed_since__let_the_rollups_be_built_anew(
    experiment: Experiment, control: Variant
) -> None:
    put_slates(a_slate(experiment.site, variant=control))
    apply_all()
    experiment.site.count_unverified = False
    experiment.site.save()

    assert set(measured(experiment).sources.values()) == {"rows"}
    put_events(experiment.site, a_purchase(700))
    apply_all()

    assert set(RollupState.objects.values_list("status", "rules")) == {("building", "")}
