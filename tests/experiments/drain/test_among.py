"""Many ids in one condition find what each of them alone would."""

import gc
import uuid

import pytest

from experiments.drain.memory import without_garbage
from experiments.models import Event, Site, UnitLink
from tests.factories import NOW, a_site
from tests.rows import an_event

# What would end, split or empty an array of PostgreSQL's, were it not escaped.
TEXTS = ["v-1", "a,b", "{a}", 'q"', "a\\b", "NULL", "", " ", "ü☃"]


@pytest.fixture
def site(db: None) -> Site:
    site = a_site()
    for text in TEXTS:
        UnitLink.objects.create(site=site, visitor_id=text, account_id="a", first_us=1)
    return site


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("text", TEXTS)
def test_among__of_any_text__finds_just_that(text: str) -> None:
    found = UnitLink.objects.filter(visitor_id__among=[text, "other", text])

    assert [link.visitor_id for link in found] == [text]


@pytest.mark.usefixtures("site")
def test_among__without_values__finds_nothing_and_excludes_nothing() -> None:
    assert not UnitLink.objects.filter(visitor_id__among=[]).exists()
    assert UnitLink.objects.exclude(visitor_id__among=[]).count() == len(TEXTS)


def test_among__of_keys_and_uuids__finds_them(site: Site) -> None:
    request_id = uuid.uuid4()
    row = an_event(site, "purchase", NOW, request_id=request_id)
    row.save()

    assert Event.objects.filter(request_id__among=[request_id, uuid.uuid4()]).get() == row
    assert Event.objects.filter(pk__among=[row.pk, row.pk + 1]).get() == row


def test_garbage__after_a_pass_that_failed__is_looked_for_again() -> None:
    held: list[bool] = []

    @without_garbage()
    def fail() -> None:
        held.append(gc.isenabled())
        raise ValueError

    with pytest.raises(ValueError):
        fail()

    assert held == [False]
    assert gc.isenabled()
