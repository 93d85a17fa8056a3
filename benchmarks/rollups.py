"""A report's moments from rollups beside the statement over the rows, and what a pass pays for it.

Four built-in metrics over units that were exposed in two weeks, each with a list, three looked-at
items, and one in twenty with a purchase. The tables are made in a database of its own, beside the
one that DATABASE_URL names (SQLite without), and removed at the end. ARMATURE_BENCH_UNITS says
how many units there are. Before anything is timed both ways are checked to agree.
"""

import atexit
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import django

from config.bench import Case, Settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402
from django.utils import timezone  # noqa: E402

from analytics.queries.few import EVER_US  # noqa: E402
from analytics.reporting.measuring import measure  # noqa: E402
from analytics.reporting.scope import Scope  # noqa: E402
from analytics.rollups.applying import apply_touched  # noqa: E402
from analytics.rollups.building import build_phase  # noqa: E402
from analytics.rollups.states import ask_for_rollups  # noqa: E402
from benchmarks._site import a_draft  # noqa: E402
from experiments.clock import microseconds  # noqa: E402
from experiments.models import Experiment, Site, Variant  # noqa: E402
from experiments.registries import Touched  # noqa: E402
from experiments.services import create_site  # noqa: E402

UNITS = int(os.environ.get("ARMATURE_BENCH_UNITS", "50000"))
DAYS = 14
PASS = 1_000  # units that a pass of a few thousand events touches
START = datetime(2026, 11, 1, 12, tzinfo=UTC)

# Every DAYS-th unit from the day's own on, so that each statement fills one day.
NUMBERS = """WITH RECURSIVE n(i) AS (
    SELECT {first} UNION ALL SELECT i + {days} FROM n WHERE i + {days} < {units}
)"""
EXPOSURES = """INSERT INTO experiments_exposure (experiment_id, phase, unit_id, unit_type,
    variant_id, first_at, ts_us, day, attributes, is_multiple, traffic)
{numbers}
SELECT {experiment}, 1, {unit}, '', CASE WHEN i % 2 = 0 THEN {control} ELSE {treatment} END,
    '{at}', {ts} + i, '{day}', '{{}}', {false}, '' FROM n"""
SLATES = """INSERT INTO experiments_slate (site_id, request_id, placement, served_at, ts_us, day,
    visitor_id, account_id, session_id, experiment_id, phase, variant_id, unit_id, reason,
    recommender, artifact, items, fallback, latency_us, clicked, attributes, traffic)
{numbers}
SELECT {site}, {uuid}, 'home', '{at}', {ts} + i, '{day}', {unit}, '', '', {experiment}, 1,
    CASE WHEN i % 2 = 0 THEN {control} ELSE {treatment} END, {unit}, 'SPLIT', 'popularity', '',
    '[]', '', 0, CASE WHEN i % 10 = 0 THEN 1 ELSE 0 END, '{{}}', '' FROM n"""
EVENTS = """INSERT INTO experiments_event (site_id, event_id, type, occurred_at, ts_us, day,
    received_at, visitor_id, account_id, session_id, item_id, items, quantity, amount, currency,
    order_id, order_ref, attributes, properties, is_verified, borrowed, traffic, refunded,
    refunded_quantity)
{numbers}
SELECT {site}, {uuid}, '{type}', '{at}', {ts} + i + {step}, '{day}', '{at}', {unit}, '', '', '',
    '[]', 1, 1000 + i % 9000, 'EUR', '', {unit}, '{{}}', '{{}}', {true}, 0, '', 0, 0
FROM n WHERE i % {every} = 0"""


def cases(settings: Settings) -> list[Case]:
    """Return the statement over the rows (baseline), the rollups, and a pass' share of them."""
    old = setup_databases(verbosity=0, interactive=False)
    atexit.register(teardown_databases, old, verbosity=0)
    experiment = _filled(_experiment())
    ask_for_rollups(experiment, timezone.now())
    build_phase(experiment.pk, 1)
    _analyse()
    _require_agreement(experiment)
    units = _units()
    where = f"{connection.vendor}, {UNITS} units"
    return [
        Case(f"rows ({where})", _reading(experiment, is_present=False), is_baseline=True),
        Case(f"rollups ({where})", _reading(experiment, is_present=True)),
        Case(f"a pass that touched {PASS} units, per unit", _passing(_touched(experiment, units))),
        Case(f"a pass that exposed {PASS} units, per unit", _passing(_exposed(experiment, units))),
    ]


def _experiment() -> Experiment:
    site = create_site(slug="bench", name="Bench")
    experiment = a_draft(site)
    Experiment.objects.filter(pk=experiment.pk).update(status="running", started_at=START)
    return Experiment.objects.select_related("site").get(pk=experiment.pk)


def _filled(experiment: Experiment) -> Experiment:
    variants = {each.key: each.pk for each in Variant.objects.filter(experiment=experiment)}
    for number in range(DAYS):
        _fill_day(experiment.site, experiment, variants, number)
    return experiment


def _fill_day(site: Site, experiment: Experiment, variants: dict[str, int], number: int) -> None:
    at = START + timedelta(days=number)
    day, is_sqlite = at.date().isoformat(), connection.vendor == "sqlite"
    names = {
        "numbers": NUMBERS.format(first=number, days=DAYS, units=UNITS),
        "unit": "'unit-' || i",
        "uuid": "lower(hex(randomblob(16)))" if is_sqlite else "gen_random_uuid()",
        "true": "1" if is_sqlite else "true",
        "false": "0" if is_sqlite else "false",
        "at": at.isoformat(" "),
        "ts": microseconds(at),
        "day": day,
        "site": site.pk,
        "experiment": experiment.pk,
        **variants,
    }
    with connection.cursor() as cursor:
        if not is_sqlite:
            cursor.execute(
                f'CREATE TABLE IF NOT EXISTS "experiments_event_{day}" PARTITION OF'
                f" experiments_event FOR VALUES IN ('{day}')"
            )
        cursor.execute(EXPOSURES.format(**names))
        cursor.execute(SLATES.format(**names))
        for step in range(3):
            cursor.execute(EVENTS.format(**names, type="view_item", step=step, every=1))
        cursor.execute(EVENTS.format(**names, type="purchase", step=9, every=20))


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _scope(experiment: Experiment, *, is_present: bool) -> Scope:
    return Scope.of(experiment, phase=1, until_us=EVER_US, is_present=is_present)


def _require_agreement(experiment: Experiment) -> None:
    """Raise AssertionError unless both ways give the same moments of every metric."""
    rows = measure(_scope(experiment, is_present=False))
    rollups = measure(_scope(experiment, is_present=True))
    if rows.moments != rollups.moments or set(rollups.sources.values()) != {"rollup"}:
        raise AssertionError(f"rollups and rows disagree: {rows} {rollups}")


def _reading(experiment: Experiment, *, is_present: bool) -> Callable[[], int]:
    scope = _scope(experiment, is_present=is_present)

    def run() -> int:
        measure(scope)
        return 1

    return run


def _units() -> list[str]:
    """Return the units of a pass, of every day in which units were exposed."""
    return [f"unit-{number * max(1, UNITS // PASS)}" for number in range(min(PASS, UNITS))]


def _touched(experiment: Experiment, units: Sequence[str]) -> Touched:
    """Return a pass in which known units were shown another list and one in twenty bought."""
    site_id, at = experiment.site_id, microseconds(START + timedelta(days=DAYS))
    return Touched(
        slates=frozenset((experiment.pk, 1, unit) for unit in units),
        events=frozenset((site_id, "purchase", unit, "", "", at) for unit in units[::20]),
    )


def _exposed(experiment: Experiment, units: Sequence[str]) -> Touched:
    """Return a pass in which units were shown their first list."""
    return Touched(exposures=frozenset((experiment.pk, 1, unit) for unit in units))


def _passing(touched: Touched) -> Callable[[], int]:
    def run() -> int:
        with transaction.atomic():
            apply_touched(touched)
        return len(touched.exposures | touched.slates)

    return run
