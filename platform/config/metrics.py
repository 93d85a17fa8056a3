"""`/metrics` in the text format of Prometheus, computed from the database with every scrape.

Any web process answers the same, as the numbers are of the installation and not of the process that
was asked. For that reason the client library's own numbers of a process are left out: with several
web processes each scrape would tell of another one.
"""

import hmac
from collections.abc import Iterator
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from config.list_metrics import lists_served
from experiments.api.problems import answers_problems
from experiments.health.counts import COUNTED, SiteCounts, site_counts
from experiments.health.heartbeats import BEAT, COMPUTE, EVENTS, TRAINING, heartbeat_age_s
from experiments.health.waiting import oldest_waiting, spooled
from experiments.models import Site
from recommenders.serving.told import open_breakers

HELP = {
    "accepted": "Events accepted: committed before their 202.",
    "refused": "Events refused in the answer, and kept in quarantine.",
    "applied": "Accepted events that were applied.",
    "duplicates": "Accepted events that had been applied before.",
    "quarantined": "Accepted events that could not be applied and are kept in quarantine.",
    "dropped": "Accepted events of erased units.",
}
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


class EventsCollector(Collector):
    """Counts and ages of the events, as the database has them now."""

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; raises what the database raises while it is away."""
        counts = site_counts()
        yield from _totals(counts)
        yield from _gauges(counts)
        yield from _ages()
        yield from lists_served()
        yield _left_alone()
        yield InfoMetricFamily("armature", "The installation.", {"version": settings.VERSION})

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: naming the metrics needs no query."""
        return iter(())


@answers_problems
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a scrape; 403 to strangers, 503 while the database is away."""
    if not _may_read(request):
        text = (
            "Set ARMATURE_METRICS_TOKEN and send it as a bearer token, or ask from this machine.\n"
        )
        return HttpResponse(text, status=403, content_type="text/plain")
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    """Return whether the token is right; without one, whether nobody else's machine asks."""
    if settings.METRICS_TOKEN:
        given = request.META.get("HTTP_AUTHORIZATION", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # A proxy on this machine asks for somebody else, and says so.
    if any(request.META.get(name) for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _totals(counts: list[SiteCounts]) -> Iterator[Metric]:
    for name in COUNTED:
        family = CounterMetricFamily(f"armature_events_{name}", HELP[name], labels=["site"])
        for each in counts:
            family.add_metric([each.slug], getattr(each, name))
        yield family


def _gauges(counts: list[SiteCounts]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "armature_events_waiting", "Accepted events that wait to be applied.", labels=["site"]
    )
    unequal = GaugeMetricFamily(
        "armature_events_unaccounted",
        "Accepted less applied, duplicate, quarantined, dropped and waiting events; not 0: alarm.",
        labels=["site"],
    )
    newest = GaugeMetricFamily(
        "armature_events_newest_timestamp_seconds",
        "When the latest applied event occurred; 0: none yet.",
        labels=["site"],
    )
    for each in counts:
        waiting.add_metric([each.slug], each.waiting)
        unequal.add_metric([each.slug], each.difference)
        newest.add_metric([each.slug], each.newest_us / 1e6)
    yield from (waiting, unequal, newest)


def _ages() -> Iterator[Metric]:
    oldest, held = oldest_waiting(), spooled()
    yield GaugeMetricFamily(
        "armature_events_oldest_age_seconds",
        "Age of the oldest accepted batch that is not applied; 0: nothing waits.",
        value=oldest.age_s if oldest else 0.0,
    )
    yield GaugeMetricFamily(
        "armature_spool_bytes", "Slates on the local disk, waiting for the database.", held.bytes
    )
    seen = GaugeMetricFamily(
        "armature_heartbeat_age_seconds", "Since this part was seen at work.", labels=["part"]
    )
    for part in (EVENTS, COMPUTE, TRAINING, BEAT):
        if (age_s := heartbeat_age_s(part)) is not None:
            seen.add_metric([part], age_s)
    yield seen


def _left_alone() -> Metric:
    """Return which recommenders some web process leaves alone, as they are too slow."""
    found = open_breakers()
    slugs = dict(
        Site.objects.filter(pk__in=[site_id for site_id, _key in found]).values_list("pk", "slug")
    )
    family = GaugeMetricFamily(
        "armature_recommender_left_alone",
        "1: too slow or failing of late, so that another recommender answers.",
        labels=["site", "recommender"],
    )
    for site_id, key in found:
        family.add_metric([slugs.get(site_id, str(site_id)), key], 1)
    return family


registry = CollectorRegistry(auto_describe=False)
registry.register(EventsCollector())
