"""One call: decided, served, recorded."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from experiments import snapshot
from experiments.drain import drain_once
from experiments.errors import NotFound
from experiments.intake.shapes import slate_decoder
from experiments.models import Exposure, Site, Slate
from experiments.tokens import token_claim
from recommenders.loaded import cache
from recommenders.models import Artifact
from recommenders.recommend import Recommendation, recommend
from tests.factories import NOW, draft_experiment, running_experiment
from tests.recommenders.shop import DAMAGES, a_shop

pytestmark = pytest.mark.django_db


def call(site: Site, **fields: Any) -> Recommendation:
    body = {"placement": "home", "unit": {"visitor_id": "v-1"}, "k": 3} | fields
    return recommend(
        site=snapshot.current().sites[site.pk],
        body=slate_decoder.decode(msgspec.json.encode(body)),
        now=NOW,
        send_hint=lambda: None,
    )


def applied(answer: Recommendation) -> Slate:
    drain_once()
    return Slate.objects.get(request_id=answer.request_id)


def test_recommend__unit_of_an_experiment__records_its_variant_and_list() -> None:
    site, _made = a_shop("popularity", "random")
    experiment = running_experiment(site)

    answer = call(site, session_id="s-1", context={"device": "mobile"}, attributes={"plan": "x"})

    variant = answer.decision.variant
    assert variant is not None
    row = applied(answer)
    assert (row.experiment_id, row.variant_id, row.unit_id) == (experiment.pk, variant.id, "v-1")
    assert (row.visitor_id, row.session_id, row.reason) == ("v-1", "s-1", "SPLIT")
    assert row.artifact == answer.served.artifact == variant.parameters["artifact"]
    assert [line["item_id"] for line in row.items] == [i.item_id for i in answer.served.items]
    assert [line["rank"] for line in row.items] == [1, 2, 3]
    assert (row.served_at, row.clicked, row.fallback) == (NOW, 0, "")
    assert row.latency_us > 0
    exposed = Exposure.objects.get()
    assert (exposed.unit_id, exposed.variant_id) == ("v-1", variant.id)
    assert exposed.attributes == {"device": "mobile", "plan": "x"}


def test_recommend__no_experiment__records_the_list_without_one() -> None:
    site, _made = a_shop("popularity")

    answer = call(site, attributes={"plan": "x"})

    row = applied(answer)
    assert (row.experiment_id, row.variant_id, row.unit_id) == (None, None, "")
    assert row.reason == "NO_EXPERIMENT"
    assert not Exposure.objects.exists()


def test_recommend__draft_experiment__decides_nothing() -> None:
    site, _made = a_shop("popularity")
    draft_experiment(site)

    assert call(site).decision.variant is None


def test_recommend__fallback__is_recorded_with_its_reason() -> None:
    site, _made = a_shop("popularity", "random")
    running_experiment(site)
    for artifact in Artifact.objects.all():
        DAMAGES["folder gone"][0](artifact)
    cache.forget()  # the launch's checks have opened them

    answer = call(site)

    row = applied(answer)
    assert (row.recommender, row.artifact, row.fallback) == ("catalogue", "", "artifact_missing")
    assert len(row.items) == 3
    assert Exposure.objects.get().variant_id == row.variant_id  # analysed as assigned


def test_recommend__cart_and_page_item__are_not_on_the_list() -> None:
    site, _made = a_shop("popularity")

    answer = call(site, context={"cart": ["sku-0", "sku-2"], "item_id": "sku-1"})

    assert [item.item_id for item in answer.served.items] == ["sku-3", "sku-4", "sku-5"]


def test_recommend__token__proves_the_slate() -> None:
    site, _made = a_shop("popularity")

    answer = call(site)

    assert answer.token is not None
    assert token_claim(answer.token) == (site.pk, answer.request_id)
    assert token_claim(answer.token[:-2]) is None
    assert isinstance(answer.request_id, UUID)


def test_recommend__no_consent_to_personalisation__is_popularity_and_in_no_experiment() -> None:
    site, _made = a_shop("popularity", "item_knn")
    site.placements.filter(key="home").update(parameters={"recommender": "item_knn"})
    running_experiment(site)

    answer = call(site, consent={"personalization": False})

    assert (answer.decision.variant, answer.decision.reason) == (None, "NO_CONSENT")
    assert answer.served.recommender == "popularity"
    assert answer.recorded == "committed"


def test_recommend__no_consent_to_analytics__records_nothing() -> None:
    site, _made = a_shop("popularity")
    running_experiment(site)

    answer = call(site, consent={"analytics": False})

    assert (answer.recorded, answer.token) == ("none", None)
    assert answer.decision.variant is None
    assert drain_once().batches == 0


def test_recommend__unknown_placement__names_the_known_ones() -> None:
    site, _made = a_shop("popularity")

    with pytest.raises(NotFound, match="unknown placement 'attic'") as caught:
        call(site, placement="attic")

    assert "home" in str(caught.value.__dict__)


def test_recommend__same_unit_twice__gets_the_same_variant_and_two_slates() -> None:
    site, _made = a_shop("popularity", "random")
    running_experiment(site)

    first, second = call(site), call(site)

    assert first.decision == second.decision
    assert first.request_id != second.request_id
    drain_once()
    assert Slate.objects.count() == 2
    assert Exposure.objects.count() == 1
