"""The scenario of ten times the load that can be sustained, and of the time after it."""

import statistics
import threading
import time
from collections.abc import Sequence

from benchmarks._faults.client import BATCH, Batch, Line
from benchmarks._faults.flood import Flood, Source, flood
from benchmarks._faults.outcome import Outcome, Plan
from benchmarks._faults.shop import Shop
from benchmarks._faults.verdict import judge, wait_until_applied

TIMES = 10
THREADS = 64
MEASURED_S = 6.0
CALM_S = 3.0
CALM = 0.2  # of what can be sustained
RECOVERED_S = 30.0
GIVEN_UP_S = 120.0
FLAT = 0.10  # of the median, after the first third
# What a p95 may be and still be called as before: the machine's own noise.
AS_BEFORE, NOISE_S = 2.0, 0.02


class Memory(threading.Thread):
    """Samples what web and worker hold, once a second, until it is told to stop."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(daemon=True)
        self.samples: dict[str, list[int]] = {"web": [], "events": []}
        self._shop, self._is_over = shop, threading.Event()

    def run(self) -> None:
        """Sample."""
        while not self._is_over.wait(1.0):
            for name, found in self.samples.items():
                found.append(self._shop.parts[name].memory_kib())

    def stop(self) -> None:
        """End the sampling."""
        self._is_over.set()
        self.join()


def press(shop: Shop, plan: Plan) -> Outcome:
    """Measure what can be sustained, send ten times as much, and see how it ends."""
    began = time.monotonic()
    source = Source()
    first, sustained = _sustained(shop, source)
    calm = _flood(shop, source, sustained * CALM, CALM_S, 8)
    memory = Memory(shop)
    memory.start()
    pressed = _flood(shop, source, sustained * TIMES, plan.seconds, THREADS)
    memory.stop()
    after, recovered_s = _recover(shop, source, sustained * CALM, calm)
    floods = (first, calm, pressed, *after)
    verdict = judge(shop, _books(source, floods))
    engine = "SQLite" if shop.is_embedded else "PostgreSQL"
    outcome = Outcome("pressure", engine, plan, verdict, 0, time.monotonic() - began)
    outcome.remark = _remark(sustained, pressed, plan, calm, after[-1], recovered_s, memory)
    outcome.failures += [*_failures(floods, pressed, recovered_s), *_not_flat(memory)]
    return outcome


def _sustained(shop: Shop, source: Source) -> tuple[Flood, float]:
    """Return the batches a second that are accepted and applied, sent as fast as they are taken."""
    began = time.monotonic()
    found = _flood(shop, source, 10_000.0, MEASURED_S, 4)
    wait_until_applied(shop)
    return found, len(found.acknowledged) / (time.monotonic() - began)


def _recover(shop: Shop, source: Source, rate: float, calm: Flood) -> tuple[list[Flood], float]:
    """Send calmly until everything is taken as fast as before; return the seconds that took."""
    normal_s = max(AS_BEFORE * calm.p95_s(), calm.p95_s() + NOISE_S)
    began, found = time.monotonic(), []
    while True:
        started_s = time.monotonic() - began
        found.append(_flood(shop, source, rate, CALM_S, 8))
        if set(found[-1].statuses) == {202} and found[-1].p95_s() <= normal_s:
            return found, started_s  # from here on everything was as before
        if started_s > GIVEN_UP_S:
            return found, float("inf")


def _flood(shop: Shop, source: Source, rate: float, seconds: float, threads: int) -> Flood:
    return flood(
        lambda: Line(shop.url, shop.secret), source, rate=rate, seconds=seconds, threads=threads
    )


def _books(source: Source, floods: Sequence[Flood]) -> list[Batch]:
    """Return what was promised and what is unknown; what was refused must not be found."""
    return [
        source.batch(number, is_acknowledged=is_acknowledged)
        for found in floods
        for is_acknowledged, numbers in ((True, found.acknowledged), (False, found.unanswered))
        for number in numbers
    ]


def _failures(floods: Sequence[Flood], pressed: Flood, recovered_s: float) -> list[str]:
    out = []
    if without := sum(found.without_retry_after for found in floods):
        out.append(f"{without} refusals without Retry-After")
    if not pressed.refused:
        out.append("nothing was refused: the load was not too much")
    if recovered_s > RECOVERED_S:
        out.append(f"normal again only after {recovered_s:.0f} s")
    return out


def _not_flat(memory: Memory) -> list[str]:
    """Name the parts whose memory left 10 % around its median after the first third."""
    return [
        f"memory of {name} was {min(kept) // 1024}–{max(kept) // 1024} MiB"
        for name, samples in memory.samples.items()
        if (kept := samples[len(samples) // 3 :])
        and max(abs(each / statistics.median(kept) - 1) for each in kept) > FLAT
    ]


def _remark(
    sustained: float,
    pressed: Flood,
    plan: Plan,
    calm: Flood,
    last: Flood,
    recovered_s: float,
    memory: Memory,
) -> str:
    sent = sum(pressed.statuses.values()) / plan.seconds
    held = ", ".join(
        f"{name} {statistics.median(found) / 1024:.0f} MiB"
        for name, found in memory.samples.items()
        if found
    )
    return (
        f"{sustained * BATCH:.0f} events/s sustained, {sent * BATCH:.0f}/s sent for"
        f" {plan.seconds:.0f} s, {pressed.refused} of {sum(pressed.statuses.values())} batches"
        f" refused; p95 {1000 * calm.p95_s():.0f} ms before, {1000 * pressed.p95_s():.0f} ms under"
        f" pressure, {1000 * last.p95_s():.0f} ms from {recovered_s:.0f} s after; {held}"
    )
