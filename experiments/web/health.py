"""The checks of a run: whether data arrive, are applied and even, and whether harm is done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Min

from experiments.lifecycle import UNDER_WAY, Status
from experiments.models import Experiment, Exposure, InboxBatch
from experiments.models.traffic import Traffic
from experiments.registries import RAMP_GATES
from experiments.selectors import ExposureCounts, traffic_of_lists
from experiments.services.reminders import planned_end
from experiments.web.moments import ago, moment_text

QUIET = timedelta(hours=6)  # a shop that sells nothing at night is not alarming
SLOW = timedelta(minutes=2)  # accepted batches are applied within seconds
MANY_BOTS = 0.2  # of the lists
SERVED_KINDS = (Traffic.BOT, Traffic.INTERNAL)  # outliers are known only afterwards
WARN_SHARE, BLOCK_SHARE = 0.001, 0.01  # of units that met several variants


@dataclass(frozen=True, slots=True)
class HealthRow:
    """One check: `tone` good, warn, bad or idle; the word says the same without colour."""

    tone: str
    title: str
    word: str
    detail: str
    fix: str = ""


def health_of(
    experiment: Experiment, counts: ExposureCounts, now: datetime
) -> tuple[HealthRow, ...]:
    """Return the checks of a run, the worst first."""
    rows = [*_arrivals(experiment, now), *_applied(experiment, now), *_crossed(counts)]
    rows += _no_shoppers(experiment, counts)
    if experiment.status in UNDER_WAY:
        rows += [*_gates(experiment), *_end(experiment, now)]
    order = ("bad", "warn", "idle", "good")
    return tuple(sorted(rows, key=lambda row: order.index(row.tone)))


def _arrivals(experiment: Experiment, now: datetime) -> Iterator[HealthRow]:
    title = "Exposures arrive"
    newest = Exposure.objects.filter(experiment=experiment).aggregate(at=Max("first_at"))["at"]
    is_running = experiment.status == Status.RUNNING
    if newest is None:
        fix = "Let the shop ask for recommendations, or send an exposure event." * is_running
        yield HealthRow("warn" if is_running else "idle", title, "none yet", "no unit so far", fix)
        return
    detail = f"the last one {ago(newest, now)}"
    is_quiet = is_running and not experiment.site.is_simulated and now - newest > QUIET
    if is_quiet and experiment.enrolment_closed_at is None:
        fix = "Does the shop still ask? Look at its calls and at the quarantine."
        yield HealthRow("warn", title, "quiet", detail, fix)
    else:
        yield HealthRow("good", title, "fine", detail)


def _applied(experiment: Experiment, now: datetime) -> Iterator[HealthRow]:
    """Tell whether what was accepted is counted: what failed must not look like nothing."""
    title = "Everything accepted is counted"
    waiting = InboxBatch.objects.filter(site=experiment.site_id)
    failed = waiting.exclude(error="").count()
    oldest = waiting.aggregate(at=Min("received_at"))["at"]
    number = waiting.count() if oldest else 0
    if failed:
        detail = f"{failed} batch{'' if failed == 1 else 'es'} could not be applied so far"
        fix = "An operator finds the reason in the inbox of batches; nothing is lost."
        yield HealthRow("bad", title, "failed", detail, fix)
    elif oldest and now - oldest > SLOW:
        detail = f"{number} waiting, the oldest from {ago(oldest, now)}: figures here are older"
        yield HealthRow("warn", title, "behind", detail, "Is the worker running?")
    elif oldest:
        yield HealthRow("idle", title, "computing", f"{number} being applied now")
    else:
        yield HealthRow("good", title, "fine", "nothing waits")


def _crossed(counts: ExposureCounts) -> Iterator[HealthRow]:
    total = sum(counts.by_variant.values()) + counts.multiple
    if not total:
        return
    share = counts.multiple / total
    detail = f"{counts.multiple:,} of {total:,} units met several; they are left out"
    if share > WARN_SHARE:
        tone = "bad" if share > BLOCK_SHARE else "warn"
        fix = "Is the same id kept for a visitor, and no list cached for everybody?"
        yield HealthRow(tone, "Units meet one variant", f"{share:.1%} did not", detail, fix)
    else:
        yield HealthRow("good", "Units meet one variant", "fine", detail)


def _no_shoppers(experiment: Experiment, counts: ExposureCounts) -> Iterator[HealthRow]:
    """Tell whom the lists went to that count for nothing, and which units are left out."""
    placement = experiment.placement.key if experiment.placement else ""
    lists = traffic_of_lists(site_id=experiment.site_id, placement=placement)
    total, left_out = sum(lists.values()), counts.left_out
    if not total and not sum(left_out.values()):
        return
    shares = ", ".join(
        f"{kind.label} {lists.get(kind.value, 0) / max(1, total):.1%}" for kind in SERVED_KINDS
    )
    units = ", ".join(f"{left_out.get(kind.value, 0):,} {kind.value}" for kind in Traffic)
    detail = f"of the latest {total:,} lists: {shares}; units left out: {units}"
    share = 1 - lists.get("", 0) / total if total else 0.0
    if share > MANY_BOTS:
        fix = "Are the site's own networks right? Bots may be kept out before they ask."
        yield HealthRow("warn", "Lists go to shoppers", f"{share:.0%} did not", detail, fix)
    else:
        yield HealthRow("good", "Lists go to shoppers", "fine", detail)


def _gates(experiment: Experiment) -> Iterator[HealthRow]:
    """Yield what the ramp would look at now."""
    for gate in RAMP_GATES:
        for check in gate(experiment):
            if check.passed:
                yield HealthRow("good", check.name, "fine", check.detail)
            else:
                yield HealthRow("warn", check.name, "not so", check.detail, check.fix)


def _end(experiment: Experiment, now: datetime) -> Iterator[HealthRow]:
    end = planned_end(experiment)
    if end is None:
        return
    detail = f"planned for {moment_text(end, experiment.site)}"
    if now > end:
        fix = "End and decide it, or set a later end."
        yield HealthRow("warn", "It ends in time", "over", detail, fix)
    else:
        yield HealthRow("good", "It ends in time", "fine", detail)
