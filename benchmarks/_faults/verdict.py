"""Comparing what a client was promised with what the database and the report hold."""

import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks._faults.client import Batch
from benchmarks._faults.shop import Shop, wait_until

APPLY_S = 300.0
WAITING = "SELECT COUNT(*) FROM experiments_inboxbatch"
STORED = "SELECT event_id, amount FROM experiments_event WHERE type = 'purchase'"
# As a report adds it up: exact sums over the exposed units of both variants.
REPORTED = """
from analytics.reporting.measuring import measure
from analytics.reporting.scope import Scope, data_cut_us
from experiments.models import Experiment
experiment = Experiment.objects.select_related("site").get()
scope = Scope.of(experiment, phase=experiment.phase, until_us=data_cut_us(experiment))
found = measure(scope)
print(json.dumps(sum(found.of("revenue_per_unit", v.pk).sum_y for v in scope.variants)))
"""
# accepted = applied + duplicates + quarantined + dropped + waiting, in exact counts
BOOKS = """
SELECT COALESCE(SUM(accepted - applied - duplicates - quarantined - dropped), 0)
     - (SELECT COALESCE(SUM(n_events), 0) FROM experiments_inboxbatch)
FROM experiments_tally
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is left of the promises of one scenario; everything but the counts has to be 0."""

    acknowledged: int
    stored: int
    lost: int
    double: int
    half: int
    unknown: int
    revenue_off: int
    report_off: int
    books_off: int

    @property
    def holds(self) -> bool:
        """Return whether every promise was kept, and there was one to keep."""
        wrong = (self.lost, self.double, self.half, self.unknown)
        sums = (self.revenue_off, self.report_off, self.books_off)
        return self.acknowledged > 0 and not any((*wrong, *sums))


def wait_until_applied(shop: Shop, timeout_s: float = APPLY_S) -> float:
    """Return the seconds until the inbox was empty."""
    return wait_until(
        lambda: shop.rows(WAITING) == [(0,)], timeout_s=timeout_s, what="an empty inbox"
    )


def judge(shop: Shop, batches: Sequence[Batch]) -> Verdict:
    """Enter these batches into the shop's books, wait until all is applied, and compare."""
    shop.books.extend(batches)
    batches = shop.books
    wait_until_applied(shop)
    rows = [(uuid.UUID(str(event_id)), amount) for event_id, amount in shop.rows(STORED)]
    times = Counter(event_id for event_id, _amount in rows)
    sent = {uuid.UUID(i): amount for batch in batches for i, amount in batch.amounts.items()}
    promised = {uuid.UUID(i) for batch in batches if batch.is_acknowledged for i in batch.amounts}
    due = sum(sent[event_id] for event_id in times if event_id in sent)
    return Verdict(
        acknowledged=len(promised),
        stored=len(times),
        lost=len(promised - times.keys()),
        double=len(rows) - len(times),
        half=sum(_is_half(batch, times) for batch in batches),
        unknown=len(times.keys() - sent.keys()),
        revenue_off=sum(amount for _id, amount in rows) - due,
        report_off=shop.manage(REPORTED) - due,
        books_off=_books_off(shop),
    )


def _is_half(batch: Batch, times: Counter[uuid.UUID]) -> bool:
    found = sum(uuid.UUID(event_id) in times for event_id in batch.amounts)
    return 0 < found < len(batch.amounts)


def _books_off(shop: Shop) -> int:
    """Return what the tallies do not account for; a pass under way is waited for."""
    for _ in range(20):
        if (found := int(shop.rows(BOOKS)[0][0])) == 0:
            break
        time.sleep(0.1)
    return found
