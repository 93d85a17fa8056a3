"""`POST /api/v1/recommendations`: a plain view, as it is the one that storefronts wait for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from experiments.api.bodies import check_bag, decode, read_body
from experiments.api.keys import allow_origin, authenticate, clock_of, preflight
from experiments.api.limits import spend
from experiments.api.problems import answers_problems
from experiments.api.views import json_answer, require_post
from experiments.shapes import slate_decoder
from experiments.tasks import send_drain_hint
from recommenders.recommend import Recommendation, recommend


@csrf_exempt
@answers_problems
def recommendations(request: HttpRequest) -> HttpResponse:
    """Answer with the list of the visitor's variant."""
    if request.method == "OPTIONS":
        return preflight(request)
    require_post(request)
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
    )
    return allow_origin(request, json_answer(_document(body.placement, answer)))


def _document(placement: str, answer: Recommendation) -> dict[str, Any]:
    decision, served = answer.decision, answer.served
    variant = decision.variant
    return {
        "request_id": answer.request_id,
        "placement": placement,
        "experiment": {
            "key": decision.experiment_key,
            "phase": decision.phase,
            "variant": variant.key if variant else None,
            "in_experiment": decision.in_experiment,
            "reason": decision.reason,
        },
        "recommender": {"name": served.recommender, "artifact": served.artifact or None},
        "items": [
            {"item_id": i.item_id, "rank": i.rank, "score": i.score, "propensity": i.propensity}
            for i in served.items
        ],
        "fallback": served.fallback or None,
        "exposure": {"recorded": answer.recorded, "token": answer.token},
    }
