"""`./armature bench serving`: the recommendation endpoint beside the least a server can do.

Every target is loaded in turn, each once a round, by 16 connections: two web workers of the same
server and as many threads as an installation has, PostgreSQL flushing to disk as by default. Rates
of this machine mean little; the share of the raw server in the same run is the figure, and CPU per
request. The worker that applies what was recorded stands still, but for the row that says so: it
takes its share of the same processors.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks._faults.parts import Part, descendants
from benchmarks._faults.shop import Shop, a_shop
from benchmarks._ports import free_port
from benchmarks._serving.load import Loaded, Target, put_under_load
from benchmarks._serving.unleash import an_unleash, has_npm
from config.processes import Service
from config.running import ROOT, WEB_THREADS, wait_ready

RAW = "raw WSGI on the same server"
WORKERS = 2
ITEMS = 2_000
BODY = (
    '{"unit": {"visitor_id": "@@"}, "placement": "home", "k": 10,'
    ' "context": {"device": "mobile", "country": "DE"}, "session_id": "s-@@"%s}'
)
NO_RECORD = ', "consent": {"personalization": true, "analytics": false}'
# Beside the site of the installation itself: one with a catalogue of a shop's size.
EQUIP = """
from experiments.keys import create_api_key
from experiments.models import Site
from experiments.services import start_experiment
from tests.factories import a_site, draft_experiment, stocked, trained
keys = {}
for mode in ("durable", "buffered"):
    site = a_site(mode, exposure_mode=mode)
    stocked(site, %d)
    trained(site, "popularity", "random")
    start_experiment(experiment_id=draft_experiment(site, "home-test").pk, waiver="a benchmark")
    keys[mode] = create_api_key(site=site, name="bench")[1]
print(json.dumps(keys))
"""


@dataclass(frozen=True, slots=True)
class Runner:
    """A target, the processes that answer it and those that they write to."""

    target: Target
    pids: tuple[int, ...]
    store_pids: tuple[int, ...] = ()
    is_applied: bool = False
    """Whether what was recorded is applied meanwhile."""


def main(arguments: Sequence[str]) -> int:
    """Measure all targets, print a table, write JSON; 2 without the load generator."""
    options = _parser().parse_args(arguments)
    if shutil.which("wrk") is None:
        sys.stderr.write("bench: wrk is missing. To install it: apt-get install wrk\n")
        return 2
    runs: dict[str, list[Loaded]] = {}
    with contextlib.ExitStack() as stack:
        shop, runners = _start_all(stack, with_unleash=not options.no_unleash)
        for _round in range(options.rounds):
            for runner in random.Random(_round).sample(runners, len(runners)):
                with contextlib.nullcontext() if runner.is_applied else _standing_still(shop):
                    found = put_under_load(
                        runner.target,
                        seconds=options.seconds,
                        pids=runner.pids,
                        store_pids=runner.store_pids,
                    )
                runs.setdefault(runner.target.name, []).append(found)
        ordered = {each.target.name: runs[each.target.name] for each in runners}
    sys.stdout.write(table(ordered, seconds=options.seconds))
    if options.json:
        figures = {name: [asdict(each) for each in found] for name, found in ordered.items()}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


@contextlib.contextmanager
def _standing_still(shop: Shop) -> Iterator[None]:
    """Stop worker and beat for a while, between two of their instructions."""
    parts = [shop.parts[name].pid for name in ("events", "beat")]
    pids = [pid for part in parts for pid in (part, *descendants(part))]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _start_all(stack: contextlib.ExitStack, *, with_unleash: bool) -> tuple[Shop, list[Runner]]:
    shop = stack.enter_context(
        a_shop(is_embedded=False, workers=WORKERS, ARMATURE_RATE_LIMIT="1000000000")
    )
    keys = shop.manage(EQUIP % ITEMS)
    shop.parts["web"].end()
    shop.restart("web")
    store = (shop.parts["postgresql"].pid,)
    runners = [stack.enter_context(_bare(name)) for name in ("raw", "view")]
    runners += [_ours(shop, mode, keys[mode], store) for mode in ("durable", "buffered")]
    runners.append(_plain(shop, keys["buffered"], store))
    runners.append(_applied(shop, keys["durable"], store))
    if with_unleash and has_npm():
        folder = ROOT / "var" / "bench" / "unleash"
        target, part = stack.enter_context(an_unleash(folder, shop.env["DATABASE_URL"]))
        runners.append(Runner(target, (part.pid,), store))
    return shop, runners


@contextlib.contextmanager
def _bare(name: str) -> Iterator[Runner]:
    """Start the least server, as ours is started."""
    port = free_port()
    argv = (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--log-level", "error", "--workers", str(WORKERS)),
        *("--blocking-threads", str(WEB_THREADS), "--host", "127.0.0.1", "--port", str(port)),
        f"benchmarks._serving.bare:{name}",
    )
    part = Part(Service(name, argv, {"PYTHONPATH": str(ROOT)}, cwd=ROOT))
    part.start()
    try:
        url = f"http://127.0.0.1:{port}"
        wait_ready(f"{url}/answer", 30)
        said = RAW if name == "raw" else "a bare Django view"
        yield Runner(Target(said, url, "/answer"), (part.pid,))
    finally:
        part.end()


def _ours(shop: Shop, mode: str, key: str, store: tuple[int, ...]) -> Runner:
    name = f"recommendations, exposure {mode}"
    return Runner(_target(shop, name, key, BODY % ""), (shop.parts["web"].pid,), store)


def _plain(shop: Shop, key: str, store: tuple[int, ...]) -> Runner:
    name = "recommendations, no exposure"
    return Runner(_target(shop, name, key, BODY % NO_RECORD), (shop.parts["web"].pid,), store)


def _applied(shop: Shop, key: str, store: tuple[int, ...]) -> Runner:
    name = "recommendations, exposure durable, applied meanwhile"
    return replace(
        _ours(shop, "durable", key, store),
        target=_target(shop, name, key, BODY % ""),
        is_applied=True,
    )


def _target(shop: Shop, name: str, key: str, body: str) -> Target:
    headers = (("Authorization", f"Bearer {key}"),)
    return Target(name, shop.url, "/api/v1/recommendations", body, headers)


def table(runs: dict[str, list[Loaded]], *, seconds: int) -> str:
    """Return the medians as Markdown, each beside the raw server of the same rounds."""
    unleash = next((found for name, found in runs.items() if name.startswith("unleash")), None)
    rounds = len(next(iter(runs.values())))
    head = [
        f"## serving: {rounds} rounds of {seconds} s, 16 connections, {WORKERS} workers of"
        f" {WEB_THREADS} threads, {ITEMS} items",
        "",
        "| target | req/s (min–max) | of raw | x unleash | p50 ms | p99 ms | CPU µs | store µs |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    rows = [_row(name, found, runs[RAW], unleash) for name, found in runs.items()]
    return "\n".join([*head, *rows, ""]) + "\n"


def _row(name: str, found: list[Loaded], raw: list[Loaded], unleash: list[Loaded] | None) -> str:
    rates = [each.per_second for each in found]
    share = statistics.median(a.per_second / b.per_second for a, b in zip(found, raw, strict=True))
    times = "–"
    if unleash:
        pairs = zip(found, unleash, strict=True)
        times = f"{statistics.median(a.per_second / b.per_second for a, b in pairs):.1f}"
    p50, p99, cpu, store = (
        statistics.median(getattr(each, field) for each in found)
        for field in ("p50_ms", "p99_ms", "cpu_us", "store_us")
    )
    return (
        f"| {name} | {statistics.median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"
        f" | {share:.1%} | {times} | {p50:.2f} | {p99:.1f} | {cpu:.0f} | {store:.0f} |"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="armature bench serving")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of load per target and round")
    parser.add_argument("--no-unleash", action="store_true", help="leave the comparison out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    return parser
