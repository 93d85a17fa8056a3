"""Every measurement in turn, and its table."""

import argparse
import logging
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection
from django.utils import timezone

from benchmarks._events.accepting import a_web_server, send
from benchmarks._events.applying import apply_all, bare_rows, copy_bare, put_to_wait
from benchmarks._events.filling import fill, fill_today
from benchmarks._events.mix import Mix, mixed
from benchmarks._events.shop import a_shop, rolled_up, served_lists
from benchmarks._events.tasks import store_one_by_one
from experiments.keys import create_api_key
from experiments.models import InboxBatch
from experiments.retention.partitions import make_days_ahead

PACE = 150  # documents of 100 events a second: the rate that is aimed at
WARM_UP = 2_000
ONE_BY_ONE = 3_000  # events of the slow way
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Rates:
    """Events a second of one way, by repeat, and each repeat's share of the bare way's."""

    name: str
    per_second: list[float] = field(default_factory=list)
    of_bare: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)


class Bench:
    """The measurements of one database, with the options they are taken by."""

    def __init__(self, options: argparse.Namespace) -> None:
        logging.disable(logging.INFO)
        self.options = options
        self.draws = options.seed
        make_days_ahead(today=timezone.now().date())
        self.site = a_shop("bench")
        self.lists = served_lists(self.site, timezone.now(), options.seed)

    def draw(self, events: int) -> Mix:
        """Return the next mix; its ids are new."""
        self.draws += 1
        return mixed(events, seed=self.draws, now=timezone.now(), lists=self.lists)

    def apply(self, workers: Sequence[int], *, suffix: str = "") -> list[Rates]:
        """Measure the bare way and so many drains side by side, in turn."""
        bare = Rates(f"bare COPY + ON CONFLICT{suffix}")
        ways = [Rates(f"{count} drain{'s' if count > 1 else ''}{suffix}") for count in workers]
        for _ in range(self.options.repeats):
            mix = self.draw(self.options.events)
            if connection.vendor == "postgresql":
                bare.per_second.append(mix.sent / copy_bare(bare_rows(self.site, mix)))
                bare.of_bare.append(1)
            for way, count in zip(ways, workers, strict=True):
                self._apply_once(way, count, bare)
        return [bare, *ways] if bare.per_second else ways

    def _apply_once(self, way: Rates, workers: int, bare: Rates) -> None:
        mix = self.draw(self.options.events)
        put_to_wait(self.site, mix)
        cpu = _cpu_s()
        way.per_second.append(mix.sent / apply_all(workers))
        if workers == 1:  # of this process and of its own backend
            way.cpu_us.append(1e6 * (_cpu_s() - cpu) / mix.sent)
        if bare.per_second:
            way.of_bare.append(way.per_second[-1] / bare.per_second[-1])


def report(options: argparse.Namespace) -> None:
    """Measure and print all that there is for the database at hand."""
    bench = Bench(options)
    print(
        f"{connection.vendor}: {options.events} events a measurement, {options.repeats} repeats,"
        f" seed {options.seed}; 60 % views, 20 % clicks that quote a list, 12 % additions to the"
        " cart, 8 % purchases;\n100 000 visitors, a fifth signed in; every 20th document repeated;"
        " UUIDv7; 50 documents of 100 a transaction\n"
    )
    _accept(bench)
    is_split = connection.vendor == "postgresql"
    print(table(bench.apply([1, 2] if is_split else [1])), end="\n\n")
    if is_split:
        rate = statistics.median(
            store_one_by_one(bench.draw(ONE_BY_ONE), ONE_BY_ONE) for _ in range(options.repeats)
        )
        print(f"\na Celery task per event, one worker: {rate:.0f}/s\n")
    rolled_up(bench.site)
    print(table(bench.apply([1, 2] if is_split else [1], suffix=", three metrics rolled up")))
    for rows in options.rows if is_split else ():
        fill(bench.site, rows)
        print(table(bench.apply([1], suffix=f", {_spaced(rows)} rows there")), flush=True)
    for rows in options.today if is_split else ():
        fill_today(bench.site, rows)
        print(table(bench.apply([1], suffix=f", {_spaced(rows)} more today")), flush=True)


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _accept(bench: Bench) -> None:
    _key, secret = create_api_key(site=bench.site, name="bench")
    connection.close()
    with a_web_server() as port:
        send(port, secret, bench.draw(WARM_UP))
        for pace in (0, PACE):
            for _ in range(bench.options.repeats):
                done = send(port, secret, bench.draw(bench.options.events), per_second=pace)
                print(
                    f"accept, 16 connections, {f'paced at {pace} documents/s' if pace else 'free'}:"
                    f" {done.per_second:.0f} events/s, p50 {done.p50_ms:.1f} ms,"
                    f" p99 {done.p99_ms:.1f} ms, {done.refused} refused",
                    flush=True,
                )
    InboxBatch.objects.all().delete()
    print()


def table(ways: Sequence[Rates]) -> str:
    """Return rates as a Markdown table."""
    lines = [
        "| way | events/s | spread | of bare | CPU µs/event |",
        "| --- | --- | --- | --- | --- |",
    ]
    for way in ways:
        rates = way.per_second
        share = f"{statistics.median(way.of_bare):.2f}" if way.of_bare else ""
        cpu = f"{statistics.median(way.cpu_us):.0f}" if way.cpu_us else ""
        spread = f"{min(rates):.0f}–{max(rates):.0f}"
        lines.append(
            f"| {way.name} | {statistics.median(rates):.0f} | {spread} | {share} | {cpu} |"
        )
    return "\n".join(lines)


def _cpu_s() -> float:
    """Return the processor time of this process and of the server's for it."""
    pids = [os.getpid()]
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        pids.append(connection.connection.info.backend_pid)
    return sum(map(_ticks, pids)) / TICKS


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
