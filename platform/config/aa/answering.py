"""The analyses of an installation apart, by the workers that its reports come from."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from analytics.models import Analysis
from analytics.services import request_analysis
from analytics.tasks import compute_analysis
from config.aa.equipping import Stage, equip
from config.aa.playing import Sent, play_all
from config.driving import stages
from config.driving.background import HOST, bar, free_port, in_background
from config.httpclient import ApiClient
from config.running import default_services
from experiments.models import InboxBatch, Slate

PARTS = ("web", "events", "compute")
PATIENCE_S = 900.0


def answers_to(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the reports of all splits say, after everything was sent and applied."""
    count = len(told["seeds"])
    with bar("Making a site for each split", count) as advance:
        ready = [_counted(equip(told, number), advance) for number in range(count)]
    connections.close_all()
    url = f"http://{HOST}:{(port := free_port())}"
    services = [each for each in default_services(HOST, port) if each.name in PARTS]
    with ExitStack() as stack:
        stack.enter_context(in_background(services, _log(), f"{url}/healthz"))
        client = stack.enter_context(ApiClient(url, key=ready[-1].secret))
        stages.wait_served(client, ready[-1].experiment)
        with bar("Sending each split over HTTP", count) as advance:
            sent = play_all(url, ready, told, advance)
        _wait_applied(sum(each.lists for each in sent))
        with bar("Analysing each split", count) as advance:
            analyses = _analyse(ready, advance)
    return [_answer(*each) for each in zip(ready, sent, analyses, strict=True)]


def _counted(stage: Stage, advance: Callable[[int], None]) -> Stage:
    advance(1)
    return stage


def _log() -> Path:
    return Path(settings.DATA_DIR) / "aa.log"


def _wait_applied(lists: int) -> None:
    def applied() -> bool:
        return not InboxBatch.objects.exists() and Slate.objects.count() >= lists

    stages.wait_until(applied, "the workers to apply all events", PATIENCE_S)


def _analyse(ready: Sequence[Stage], advance: Callable[[int], None]) -> list[Analysis]:
    asked = [request_analysis(experiment=each.experiment) for each in ready]
    for analysis in asked:
        compute_analysis.delay(analysis.pk)
    rows = Analysis.objects.filter(pk__in=[each.pk for each in asked])
    told = 0

    def done() -> bool:
        nonlocal told
        finished = rows.filter(status__in=("ready", "failed")).count()
        advance(finished - told)
        told = finished
        return finished == len(asked)

    stages.wait_until(done, "the reports", PATIENCE_S)
    return list(rows.order_by("pk"))


def _answer(stage: Stage, sent: Sent, analysis: Analysis) -> dict[str, Any]:
    if analysis.status != "ready":
        raise stages.StageFailed(f"split {stage.number} was not analysed: {analysis.error}")
    report = analysis.report
    return {
        "seed": stage.experiment.seed,
        "lists": sent.lists,
        "events": sent.events,
        "refused": dict(sent.refused),
        "units": {each["key"]: each["units"] for each in report["variants"]},
        "moments": analysis.moments,
        "metrics": {
            row["key"]: {
                "comparisons": row["comparisons"],
                "source": row["source"],
                "error": row["error"],
                "cap": row["cap"],
            }
            for row in report["metrics"]
        },
    }
