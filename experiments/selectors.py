"""Reading this room's tables."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, Max, Q, QuerySet

from experiments.assignment.specs import Reason
from experiments.models import DroppedSlates, Event, Experiment, Exposure, InboxBatch, Slate, Tally
from experiments.models.event import STRANGER
from experiments.models.traffic import Traffic


def experiments_of(site_id: int) -> QuerySet[Experiment]:
    """Return a site's experiments with what their pages show, newest first."""
    return (
        Experiment.objects.filter(site_id=site_id)
        .select_related("site", "placement__layer", "own_layer", "allocation", "owner")
        .prefetch_related("variants", "ramp_steps")
    )


@dataclass(frozen=True, slots=True)
class SlateCounts:
    """How a variant was served in one phase.

    `strangers`: those of the fallbacks that stood in because the variant's recommender does not
    know the unit. That is how such a variant is meant to serve, not a failure.
    """

    slates: int = 0
    fallbacks: int = 0
    clicked: int = 0
    strangers: int = 0

    @property
    def failures(self) -> int:
        """Return the fallbacks that should not have been needed."""
        return self.fallbacks - self.strangers

    def __add__(self, other: "SlateCounts") -> "SlateCounts":
        """Return the sum of both."""
        return SlateCounts(
            self.slates + other.slates,
            self.fallbacks + other.fallbacks,
            self.clicked + other.clicked,
            self.strangers + other.strangers,
        )


def slate_counts(*, experiment_id: int, phase: int, until_us: int) -> dict[int, SlateCounts]:
    """Return slates, fallbacks and clicked slates of a phase by variant id.

    Only what units of the experiment were served: neither testers nor overridden units. Slates that
    retention dropped are among them: those of days that no moment asked for is before.
    """
    counted = dropped_slate_counts(experiment_id=experiment_id, phase=phase)
    rows = (
        Slate.objects.filter(
            experiment_id=experiment_id,
            phase=phase,
            ts_us__lte=until_us,
            variant_id__isnull=False,
            reason=Reason.SPLIT.value,
        )
        .values("variant_id")
        .annotate(
            slates=Count("id"),
            fallbacks=Count("id", filter=~Q(fallback="")),
            clicked_slates=Count("id", filter=Q(clicked=1)),
            strangers=Count("id", filter=Q(fallback=STRANGER)),
        )
    )
    for row in rows:
        counts = (row["slates"], row["fallbacks"], row["clicked_slates"], row["strangers"])
        found = SlateCounts(*counts)
        variant_id = row["variant_id"]
        counted[variant_id] = counted.get(variant_id, SlateCounts()) + found
    return counted


def dropped_slate_counts(*, experiment_id: int, phase: int) -> dict[int, SlateCounts]:
    """Return the same of the slates that retention dropped."""
    rows = DroppedSlates.objects.filter(experiment_id=experiment_id, phase=phase)
    return {
        row.variant_id: SlateCounts(row.slates, row.fallbacks, row.clicked, row.strangers)
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class ExposureCounts:
    """Units counted once at their first exposure, and those left out: of them, each for one reason.

    `multiple`: seen in several variants. `left_out`: no shoppers, by the kind of their traffic.
    """

    by_variant: dict[int, int]
    multiple: int
    left_out: dict[str, int] = field(default_factory=dict)


def exposure_counts(*, experiment_id: int, phase: int, until_us: int) -> ExposureCounts:
    """Return exposed units of a phase by variant id, and those that analyses leave out."""
    rows = Exposure.objects.filter(experiment_id=experiment_id, phase=phase, ts_us__lte=until_us)
    shoppers, others = rows.filter(traffic=""), rows.exclude(traffic="")
    single = shoppers.filter(is_multiple=False).values("variant_id").annotate(units=Count("id"))
    left_out = dict(others.values_list("traffic").annotate(units=Count("id")))
    return ExposureCounts(
        by_variant={row["variant_id"]: row["units"] for row in single},
        multiple=shoppers.filter(is_multiple=True).count(),
        left_out={kind.value: left_out.get(kind.value, 0) for kind in Traffic},
    )


LATEST_LISTS = 10_000
LOOKED_THROUGH = 200_000  # rows of all sites; a quiet site's lists are not searched for further


def traffic_of_lists(*, site_id: int, placement: str) -> dict[str, int]:
    """Return how many of the latest lists were served to whom, by traffic; "" for shoppers.

    `placement`: its key, "" for all of the site. At most the latest 10 000 are counted.
    """
    newest: int = Slate.objects.aggregate(at=Max("pk"))["at"] or 0
    rows = Slate.objects.filter(site_id=site_id, pk__gt=newest - LOOKED_THROUGH)
    if placement:
        rows = rows.filter(placement=placement)
    latest = rows.order_by("-pk").values("traffic")[:LATEST_LISTS]
    return dict(Counter(row["traffic"] for row in latest))


def waiting_batches(site_id: int) -> int:
    """Return how many accepted batches of a site are not applied yet."""
    return InboxBatch.objects.filter(site_id=site_id).count()


def newest_applied_us(site_id: int) -> int:
    """Return the time of the latest row that the drain applied to a site, 0 when there is none."""
    newest = Tally.objects.filter(site_id=site_id, slot=Tally.DRAIN).values_list("newest_us")
    return max((at for (at,) in newest), default=0)


def newest_event_us(site_id: int) -> int | None:
    """Return the time of a site's latest event or slate, None when there is none.

    The drain keeps count; where it has applied nothing, imported rows are looked through.
    """
    if newest := newest_applied_us(site_id):
        return newest
    event = Event.objects.filter(site_id=site_id).aggregate(at=Max("ts_us"))["at"]
    slate = Slate.objects.filter(site_id=site_id).aggregate(at=Max("ts_us"))["at"]
    times = [at for at in (event, slate) if at is not None]
    return max(times) if times else None
