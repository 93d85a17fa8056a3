"""Flagged units: found by their rate or named by a person, left out, and taken back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from experiments.clock import microseconds
from experiments.drain import drain_once
from experiments.models import Change, Event, Experiment, Exposure, FlaggedUnit, Site
from experiments.registries import APPLIERS, Touched
from experiments.selectors import exposure_counts
from experiments.tasks import flag_outliers
from experiments.traffic.outliers import outliers_of
from tests.experiments.admin.forms import signed_in, superuser
from tests.experiments.drain.waiting import a_slate, an_event, put_events, put_slates, variants_of
from tests.factories import NOW, a_site, running_experiment
from tests.rows import an_event as a_row

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
US = timedelta(microseconds=1)


@pytest.fixture
def site() -> Site:
    found = a_site(is_simulated=True)
    found.outlier_events = 5
    found.save()
    return found


@pytest.fixture
def experiment(site: Site) -> Experiment:
    return running_experiment(site)


def expose(experiment: Experiment, unit: str = "v-1") -> None:
    """Serve a unit a list in the experiment."""
    variant = variants_of(experiment)["control"]
    put_slates(a_slate(experiment.site, variant=variant, visitor_id=unit))
    drain_once()


def busy(site: Site, unit: str, moments: Sequence[timedelta], **fields: Any) -> None:
    """Let a unit do something at each of these moments."""
    for chunk in [moments[start : start + 100] for start in range(0, len(moments), 100)]:
        unit_ids = {"visitor_id": unit}
        events = [an_event(at=NOW + each, unit=unit_ids, **fields) for each in chunk]
        put_events(site, *events, now=NOW + 60 * MINUTE)
    drain_once()


def marked() -> dict[str, str]:
    return dict(Exposure.objects.values_list("unit_id", "traffic"))


def test_unit__with_more_events_in_an_hour_than_the_limit__is_flagged_and_left_out(
    site: Site, experiment: Experiment
) -> None:
    expose(experiment, "v-bot")
    expose(experiment, "v-1")
    busy(site, "v-bot", [number * MINUTE for number in range(6)])
    busy(site, "v-1", [number * MINUTE for number in range(5)])

    flag_outliers()

    flag = FlaggedUnit.objects.get()
    assert (flag.unit_type, flag.unit_id, flag.traffic) == ("visitor", "v-bot", "outlier")
    assert "more than 5 events within an hour" in flag.detail
    assert marked() == {"v-bot": "outlier", "v-1": ""}
    found = exposure_counts(experiment_id=experiment.pk, phase=1, until_us=microseconds(NOW))
    assert found.left_out == {"bot": 0, "outlier": 1, "internal": 0}
    assert sum(found.by_variant.values()) == 1


@pytest.mark.parametrize(
    ("last", "expected"), [(60 * MINUTE - US, ["v-1"]), (60 * MINUTE, []), (61 * MINUTE, [])]
)
def test_limit__counts_within_any_hour(site: Site, last: timedelta, expected: list[str]) -> None:
    moments = [number * MINUTE for number in range(5)]
    Event.objects.bulk_create(
        a_row(site, "view_item", NOW + each, visitor_id="v-1") for each in [*moments, last]
    )

    found = outliers_of(site, "visitor", microseconds(NOW))

    assert [unit for unit, _first in found] == expected


@pytest.mark.parametrize("limit", [0, 6])
def test_unit__under_the_limit_or_without_one__is_none(site: Site, limit: int) -> None:
    Site.objects.update(outlier_events=limit)
    busy(site, "v-1", [number * MINUTE for number in range(6)])

    flag_outliers()

    assert not FlaggedUnit.objects.exists()


def test_exposure__of_a_unit_flagged_before__is_marked_when_it_comes(
    site: Site, experiment: Experiment
) -> None:
    busy(site, "v-1", [number * MINUTE for number in range(6)])
    flag_outliers()

    expose(experiment, "v-1")

    assert marked() == {"v-1": "outlier"}


def test_flag__of_another_type_or_site__marks_nothing(experiment: Experiment) -> None:
    other = a_site("other")
    for flagged, kind in ((experiment.site, "account"), (other, "visitor")):
        FlaggedUnit.objects.create(
            site=flagged, unit_type=kind, unit_id="v-1", traffic="bot", at=NOW
        )

    expose(experiment, "v-1")

    assert marked() == {"v-1": ""}


@pytest.fixture
def ada() -> Client:
    return signed_in(superuser())


FLAGS = "/admin/experiments/flaggedunit/"


def test_person__flags_and_takes_back__exposures_follow_and_it_is_on_record(
    site: Site, experiment: Experiment, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Touched] = []
    monkeypatch.setattr("experiments.traffic.flagging.APPLIERS", [*APPLIERS, told.append])
    expose(experiment, "v-1")
    named = {"site": site.pk, "unit_type": "visitor", "unit_id": "v-1"}

    ada.post(f"{FLAGS}add/", named | {"traffic": "internal", "detail": "our test phone"})
    flagged = marked()
    flag = FlaggedUnit.objects.get()
    ada.post(f"{FLAGS}{flag.pk}/change/", {"traffic": "", "detail": "sold"})
    taken_back = marked()

    assert (flagged, taken_back) == ({"v-1": "internal"}, {"v-1": ""})
    assert [each.exposures for each in told] == [{(experiment.pk, 1, "v-1")}] * 2
    changes = Change.objects.filter(subject=f"flagged unit {flag.pk}").order_by("id")
    assert [(each.action, each.actor) for each in changes] == [("create", "ada"), ("edit", "ada")]
    assert "v-1" not in str([(each.before, each.after) for each in changes])


def test_person__that_calls_an_outlier_a_shopper__is_not_overruled(
    site: Site, experiment: Experiment, ada: Client
) -> None:
    expose(experiment, "v-1")
    busy(site, "v-1", [number * MINUTE for number in range(6)])
    flag_outliers()
    flag = FlaggedUnit.objects.get()

    ada.post(f"{FLAGS}{flag.pk}/change/", {"traffic": "", "detail": "a real fan"})
    flag_outliers()

    assert FlaggedUnit.objects.get().traffic == ""
    assert marked() == {"v-1": ""}


def test_flag__that_is_deleted__is_taken_off_the_exposures(
    experiment: Experiment, ada: Client
) -> None:
    flag = FlaggedUnit.objects.create(
        site=experiment.site, unit_type="visitor", unit_id="v-1", traffic="bot", at=NOW
    )
    expose(experiment, "v-1")

    ada.post(f"{FLAGS}{flag.pk}/delete/", {"post": "yes"})

    assert not FlaggedUnit.objects.exists()
    assert marked() == {"v-1": ""}
    assert Change.objects.latest("id").action == "delete"


def test_unit__flagged_twice__is_refused_in_words(site: Site, ada: Client) -> None:
    FlaggedUnit.objects.create(site=site, unit_type="visitor", unit_id="v-1", traffic="bot", at=NOW)
    named = {"site": site.pk, "unit_type": "visitor", "unit_id": "v-1", "traffic": "bot"}

    answer = ada.post(f"{FLAGS}add/", named)

    assert "flagged already" in str(answer.context["adminform"].form.errors)
    assert FlaggedUnit.objects.count() == 1
