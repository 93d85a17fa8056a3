"""`POST /api/v1/recommendations`: a plain view, as it is the one that storefronts wait for."""

from itertools import repeat
from typing import Any

from django.http import HttpRequest, HttpResponse

from experiments.api.bodies import check_bag, decode, read_body
from experiments.api.keys import authenticate, clock_of
from experiments.api.limits import spend
from experiments.api.storefront import json_answer, storefront
from experiments.intake.shapes import slate_decoder
from experiments.tasks import send_drain_hint
from experiments.traffic.requests import traffic_of
from recommenders.api.answers import (
    DecidingExperiment,
    Recommendations,
    RecommendedItem,
    RecordedExposure,
    ServingRecommender,
)
from recommenders.recommend import Recommendation, recommend
from recommenders.serving import Served


@storefront
def recommendations(request: HttpRequest) -> HttpResponse:
    """Answer with the list of the visitor's variant."""
    key, snapshot = authenticate(request, "recommend")
    spend(key.digest)
    body = decode(read_body(request), slate_decoder)
    check_bag("attributes", body.attributes)
    site = snapshot.sites[key.site_id]
    answer = recommend(
        site=site,
        body=body,
        now=clock_of(key, site, body.context.now),
        send_hint=send_drain_hint,
        may_test=not key.is_publishable,
        traffic=traffic_of(request, key, site, user_agent=body.context.user_agent),
    )
    return json_answer(_document(body.placement, answer))


def _document(placement: str, answer: Recommendation) -> Recommendations:
    decision, served = answer.decision, answer.served
    recorded: Any = answer.recorded
    return Recommendations(
        request_id=answer.request_id,
        placement=placement,
        experiment=DecidingExperiment(
            key=decision.experiment_key,
            phase=decision.phase,
            variant=decision.variant.key if decision.variant else None,
            in_experiment=decision.in_experiment,
            reason=decision.reason,
            kept_token=answer.kept_token,
        ),
        recommender=ServingRecommender(served.recommender, served.artifact or None),
        items=_items(served),
        fallback=served.fallback or None,
        exposure=RecordedExposure(recorded, answer.token),
        ignored=answer.ignored,
    )


def _items(served: Served) -> list[RecommendedItem]:
    reasons = served.reasons or repeat("")
    return [
        RecommendedItem(item.item_id, item.rank, item.score, item.propensity, reason)
        for item, reason in zip(served.items, reasons, strict=False)
    ]
