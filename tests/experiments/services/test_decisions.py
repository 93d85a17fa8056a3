"""Decisions: once, about what has ended, with the analysis that was read; shipped, found again."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from analytics.models import Analysis
from analytics.services import compute_analysis, request_analysis
from experiments import snapshot
from experiments.errors import AlreadyDecided, InvalidInput, NotFound, TransitionError
from experiments.library import library
from experiments.models import Change, DecisionRecord, Experiment, Site
from experiments.services import (
    create_experiment,
    end_experiment,
    pause_experiment,
    record_decision,
    start_experiment,
)
from tests.experiments.sites import a_ready_site
from tests.factories import a_site, draft_experiment, member, two_variants

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_ready_site()


def ended(site: Site, key: str = "home-test", **fields: Any) -> Experiment:
    experiment = draft_experiment(site, key, **fields)
    start_experiment(experiment_id=experiment.pk, waiver="a test")
    return end_experiment(experiment_id=experiment.pk, actor="pia")


def decide(experiment: Experiment, outcome: str = "won", **fields: Any) -> DecisionRecord:
    defaults: dict[str, Any] = {"reason": "Revenue rose.", "user": None, "actor": "key"}
    if outcome == "won":
        defaults["shipped_variant"] = "treatment"
    return record_decision(experiment_id=experiment.pk, outcome=outcome, **defaults | fields)


def test_decide__a_treatment_won__the_placement_serves_it_and_both_are_on_record(
    site: Site,
) -> None:
    experiment = ended(site)
    pia = member(site, "editor", "pia")

    record = decide(experiment, user=pia, follow_up=" The cart next. ")

    treatment = experiment.variants.get(key="treatment")
    placement = site.placements.get(key="home")
    assert (record.outcome, record.actor, record.decided_by) == ("won", "pia", pia)
    assert (record.shipped_variant, record.follow_up) == (treatment, "The cart next.")
    assert placement.parameters == treatment.parameters
    assert placement.parameters["artifact"]
    shipped = Change.objects.get(action="ship")
    assert (shipped.subject, shipped.actor) == ("placement home", "pia")
    assert shipped.before == {"parameters": {"recommender": "popularity"}}
    assert shipped.after == {"parameters": treatment.parameters}
    decided = Change.objects.get(action="decide")
    assert decided.after["shipped_variant"] == "treatment"
    assert snapshot.current().sites[site.pk].placements["home"].parameters == treatment.parameters


@pytest.mark.parametrize("outcome", ["lost", "inconclusive", "broken", "other"])
def test_decide__nothing_is_shipped__the_placement_stays(site: Site, outcome: str) -> None:
    experiment = ended(site)

    assert decide(experiment, outcome).shipped_variant is None

    assert site.placements.get(key="home").parameters == {"recommender": "popularity"}
    assert not Change.objects.filter(action="ship").exists()


def test_decide__without_a_placement__the_compiled_experiment_ships_it(site: Site) -> None:
    experiment = create_experiment(
        site=site, key="flag", name="Flag", layer=site.layers.first(), variants=two_variants()
    )
    start_experiment(experiment_id=experiment.pk, waiver="a test")
    end_experiment(experiment_id=experiment.pk, actor="pia")

    decide(experiment)

    spec = snapshot.current().sites[site.pk].experiments[experiment.pk]
    assert spec.shipped == "treatment"


def test_decide__with_an_analysis__keeps_it_as_it_was_read(site: Site) -> None:
    experiment = ended(site)
    analysis = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert analysis is not None
    assert analysis.status == Analysis.Status.READY

    record = decide(experiment)
    compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)

    kept = DecisionRecord.objects.get(pk=record.pk).analysis
    assert kept["id"] == analysis.pk
    assert kept["settings_hash"] == analysis.settings_hash
    analysis.refresh_from_db()
    assert kept["results"] == analysis.results


def test_decide__without_an_analysis__says_so_by_an_empty_one(site: Site) -> None:
    assert decide(ended(site)).analysis == {}


@pytest.mark.parametrize("status", ["draft", "running", "paused"])
def test_decide__not_ended__is_refused(site: Site, status: str) -> None:
    experiment = draft_experiment(site)
    if status != "draft":
        start_experiment(experiment_id=experiment.pk, waiver="a test")
    if status == "paused":
        pause_experiment(experiment_id=experiment.pk)

    with pytest.raises(TransitionError, match=f"cannot decide an experiment that is {status}"):
        decide(experiment)

    assert not DecisionRecord.objects.exists()


def test_decide__a_second_time__is_refused_with_who_decided(site: Site) -> None:
    experiment = ended(site)
    decide(experiment, "lost", actor="pia")

    with pytest.raises(AlreadyDecided, match="was decided by pia"):
        decide(experiment)

    assert DecisionRecord.objects.get().outcome == "lost"


@pytest.mark.parametrize(
    ("outcome", "fields", "error", "field"),
    [
        ("won", {"shipped_variant": None}, InvalidInput, "shipped_variant"),
        ("won", {"shipped_variant": "control"}, InvalidInput, "shipped_variant"),
        ("won", {"shipped_variant": "nope"}, NotFound, "shipped_variant"),
        ("lost", {"shipped_variant": "treatment"}, InvalidInput, "shipped_variant"),
        ("great", {}, InvalidInput, "outcome"),
        ("won", {"reason": "  "}, InvalidInput, "reason"),
        ("won", {"reason": "a\x00"}, InvalidInput, "reason"),
        ("won", {"follow_up": "a\x00"}, InvalidInput, "reason"),
    ],
)
def test_decide__what_does_not_fit__is_refused_and_changes_nothing(
    site: Site, outcome: str, fields: dict[str, Any], error: type[Exception], field: str
) -> None:
    experiment = ended(site)

    with pytest.raises(error) as refusal:
        decide(experiment, outcome, **fields)

    assert getattr(refusal.value, "field") == field  # noqa: B009
    assert not DecisionRecord.objects.exists()
    assert site.placements.get(key="home").parameters == {"recommender": "popularity"}


@pytest.mark.parametrize("change", [{"reason": "Another."}, {"outcome": "lost"}])
def test_record__changed_past_the_service__is_refused_by_the_database(
    site: Site, change: dict[str, str]
) -> None:
    rows = DecisionRecord.objects.filter(pk=decide(ended(site)).pk)

    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(**change)

    assert rows.get().reason == "Revenue rose."


# ── library ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def shelf(site: Site) -> Site:
    decide(
        ended(site, "summer", allocation=1000, hypothesis_change="Barbecue first"),
        reason="Revenue rose by 4 %.",
        follow_up="Try it in the cart.",
    )
    decide(ended(site, "winter", allocation=1000), "lost", reason="Conversion fell.")
    ended(site, "undecided", allocation=1000)
    return site


FOUND: list[tuple[str, list[str]]] = [
    ("", ["winter", "summer"]),
    ("summer", ["summer"]),
    ("SUMMER", ["summer"]),
    ("barbecue", ["summer"]),
    ("rose 4", ["summer"]),
    ("cart", ["summer"]),
    ("won", ["summer"]),
    ("shipped", ["summer"]),
    ("lost", ["winter"]),
    ("fell", ["winter"]),
    ("fell barbecue", []),
    ("undecided", []),
    ("%", ["summer"]),
    ("_", []),
    ("\x00", ["winter", "summer"]),
    ("' OR 1=1 --", []),
]


def test_library__searched__finds_by_every_word(shelf: Site) -> None:
    sites = Site.objects.filter(pk=shelf.pk)

    found = [(search, [row.key for row in library(sites, search)]) for search, _keys in FOUND]

    assert found == FOUND


def test_library__of_other_sites__is_theirs(shelf: Site) -> None:
    assert list(library([a_site("other")])) == []
