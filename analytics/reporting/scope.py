"""What one report looks at: an experiment's phase up to a moment, its variants and metrics."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Min

from analytics.choices import Choices, choices_of
from analytics.errors import InvalidInputError
from analytics.models import AnalysisSettings
from analytics.queries import DAY_US, Cut
from analytics.selectors import ChosenMetric, metrics_of
from analytics.stats.moments import Moments
from experiments import selectors as experiment_selectors
from experiments.clock import microseconds
from experiments.models import Experiment, Exposure, Variant

EMPTY = Moments(0, 0, 0)
ENDED = ("ended", "archived")


@dataclass(frozen=True, slots=True)
class Scope:
    """What one report looks at; `choices`: how it is analysed.

    `segment`: only units that had these attributes at first exposure. `day_from`, `day_to`: only
    units first exposed on these days of the site; "" for all. What is not official has no verdict.
    """

    experiment: Experiment
    phase: int
    until_us: int
    variants: tuple[Variant, ...]
    metrics: tuple[ChosenMetric, ...]
    is_present: bool = False
    choices: Choices = field(default_factory=Choices)
    segment: tuple[tuple[str, str | bool | int], ...] = ()
    day_from: str = ""
    day_to: str = ""
    is_official: bool = True

    @classmethod
    def of(
        cls, experiment: Experiment, *, phase: int, until_us: int, is_present: bool = False
    ) -> "Scope":
        """Return the scope of one phase up to a moment, as it is configured now.

        `is_present`: no applied row is later than the moment, so that rollups may be read.
        """
        variants = tuple(experiment.variants.all())
        metrics = tuple(metrics_of(experiment))
        choices = choices_of(experiment)
        return cls(experiment, phase, until_us, variants, metrics, is_present, choices)

    @property
    def control(self) -> Variant:
        """Return the control; raises InvalidInputError when it was removed meanwhile."""
        for variant in self.variants:
            if variant.is_control:
                return variant
        raise InvalidInputError("the experiment has no control")

    @property
    def treatments(self) -> list[Variant]:
        """Return the treatments in the order of set-up."""
        return [variant for variant in self.variants if not variant.is_control]

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing is still to come."""
        return self.experiment.status in ENDED

    @property
    def cut(self) -> Cut:
        """Return which rows are looked at."""
        whole = cut_of(self.experiment, phase=self.phase, until_us=self.until_us)
        return replace(
            whole,
            segment=self.segment,
            day_from=self.day_from,
            day_to=self.day_to,
            is_viewed=self.is_viewed,
        )

    @property
    def is_viewed(self) -> bool:
        """Tell whether only units count that saw a list, from then on."""
        return self.choices.basis == AnalysisSettings.Basis.VIEWED

    @property
    def reads_rollups(self) -> bool:
        """Tell whether rollups say what the rows would: of all units, since they were served."""
        return self.is_present and not self.is_viewed

    def first_exposure_us(self) -> int | None:
        """Return when the first unit was exposed, None while there is none."""
        rows = Exposure.objects.filter(
            experiment=self.experiment, phase=self.phase, ts_us__lte=self.until_us
        )
        found: int | None = rows.aggregate(first=Min("ts_us"))["first"]
        return found

    def full_days(self, from_us: int | None) -> int:
        """Return the full days of data between the first exposure and the cut.

        Once the experiment has ended the nearest whole number counts: nothing is still to come,
        and the first exposure never falls on the very start.
        """
        if from_us is None:
            return 0
        days = (self.until_us - from_us) / DAY_US
        return round(days) if self.has_ended else int(days)


def cut_of(experiment: Experiment, *, phase: int, until_us: int) -> Cut:
    """Return which rows of an experiment's phase are looked at, up to a moment."""
    return Cut(
        site_id=experiment.site_id,
        experiment_id=experiment.pk,
        phase=phase,
        unit_type=experiment.unit_type,
        window_days=experiment.window_days,
        until_us=until_us,
        count_unverified=experiment.site.count_unverified,
        fallback_unit_type=experiment.fallback_unit_type,
    )


def data_cut_us(experiment: Experiment) -> int:
    """Return the moment up to which rows count, none of which is later.

    A simulated site's latest row; elsewhere now, or the latest row of a clock that was ahead.
    """
    now = microseconds(datetime.now(UTC))
    if experiment.site.is_simulated:
        return experiment_selectors.newest_event_us(experiment.site_id) or now
    return max(now, experiment_selectors.newest_applied_us(experiment.site_id))


@contextmanager
def one_moment() -> Iterator[None]:
    """Let everything inside read the same state of the rows, without making a writer wait.

    PostgreSQL otherwise shows each statement what was committed by then. On SQLite the
    installation's transactions take the write lock at once; one that only reads must not.
    """
    if connection.in_atomic_block:
        yield
        return
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with _deferred(), transaction.atomic():
        yield


@contextmanager
def _deferred() -> Iterator[None]:
    connection.ensure_connection()  # connecting sets the mode
    mode = connection.transaction_mode  # type: ignore[attr-defined]
    connection.transaction_mode = None  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connection.transaction_mode = mode  # type: ignore[attr-defined]
