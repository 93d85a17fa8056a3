"""The same units put to our interface and to the released clients of two standards.

`./armature agree [--units N] [--seed N]` runs it and prints its figures (docs/agreement.md).
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from experiments.assignment.specs import Reason
from tests.checks import ROOT
from tests.experiments.assignment.random_conditions import operators_in
from tests.flows.an_installation import running
from tests.standards import node_clients
from tests.standards.units import line_of, random_units

UNITS = 100_000
SAMPLE = 150  # units whose flags are asked one by one, through OpenFeature's clients
SEED = 41
LONGEST_S = 3_600
SHOWN = 10  # differences that a report names
CLIENTS = Path(__file__).with_name("clients")
PREPARE = "from tests.standards.shop import equip; print(json.dumps(equip()))"
UNLIMITED = {"ARMATURE_RATE_LIMIT": "10000000"}
IN = {Reason.SPLIT, Reason.OVERRIDE}


@dataclass(frozen=True)
class Shop:
    """The running site: where it is, its keys, its flags and the conditions that decide."""

    address: str
    secret: str
    publishable: str
    experiments: list[str]
    running: list[str]
    placements: list[str]
    conditions: list[dict[str, Any]]

    @property
    def flags(self) -> list[str]:
        """Return the keys of all flags."""
        return [*self.experiments, *self.placements]


@dataclass
class Answers:
    """What one client told of the flags it was asked, a line for each unit."""

    name: str
    flags: list[str]
    files: list[Path]
    took_s: float
    reasons: Counter[str]

    def of(self, flags: Sequence[str]) -> Iterator[list[str]]:
        """Yield what each unit gets of some of the flags."""
        places = [self.flags.index(flag) for flag in flags]
        for line in self._lines():
            found = json.loads(line)
            yield [found[place] for place in places]

    def _lines(self) -> Iterator[str]:
        """Yield the lines of all parts in the order of the units, which they took in turn."""
        with contextlib.ExitStack() as stack:
            parts = [stack.enter_context(file.open()) for file in self.files]
            for lines in zip_longest(*parts, fillvalue=""):
                yield from filter(None, lines)


@dataclass
class Report:
    """How often the clients were compared, and where they differ."""

    compared: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    n_differences: int = 0
    shares: dict[str, float] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    operators: set[str] = field(default_factory=set)
    took_s: dict[str, float] = field(default_factory=dict)


@contextlib.contextmanager
def a_shop(folder: Path) -> Iterator[Shop]:
    """Start the web server of an installation with the site."""
    data = folder / "installation"
    data.mkdir()
    workers = os.cpu_count() or 1
    with running(data, UNLIMITED, prepare=PREPARE, parts=["web"], workers=workers) as (shop, made):
        yield Shop(address=shop.url, **made)


def write_units(file: Path, count: int, *, seed: int, **fields: Any) -> Path:
    """Return the file, with units in it; `fields` are added to each."""
    with file.open("w") as out:
        for unit in random_units(count, seed=seed):
            out.write(line_of({**unit, **fields}))
    return file


Commands = dict[str, list[list[str]]]  # one or more for each client, which share its units


def run_side_by_side(
    commands: Commands, flags: dict[str, list[str]], units: Path
) -> dict[str, Answers]:
    """Run clients at once, each in processes of its own; return what they told."""
    with ThreadPoolExecutor(sum(map(len, commands.values()))) as pool:
        running = {
            name: [
                pool.submit(_run, command, flags[name], units, f"{name}-{part}")
                for part, command in enumerate(parts)
            ]
            for name, parts in commands.items()
        }
        return {
            name: Answers(
                name,
                flags[name],
                files=[part.result().file for part in parts],
                took_s=max(part.result().took_s for part in parts),
                reasons=sum((part.result().reasons for part in parts), Counter()),
            )
            for name, parts in running.items()
        }


@dataclass(frozen=True)
class _Run:
    """One process that ended well: where its answers are, and what it printed."""

    file: Path
    took_s: float
    reasons: Counter[str]


def _run(command: list[str], flags: list[str], units: Path, name: str) -> _Run:
    file = units.with_name(f"{units.stem}-{name}")
    started = time.monotonic()
    done = subprocess.run(
        [*command, json.dumps(flags), str(units), str(file)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=LONGEST_S,
    )
    reasons = Counter[str](json.loads(done.stdout) if done.stdout.strip() else {})
    return _Run(file, time.monotonic() - started, reasons)


def _python(name: str, *arguments: str) -> list[str]:
    """Return the start of a command that runs one of our scripts for Python's clients."""
    return [sys.executable, str(CLIENTS / name), *arguments]


def _growthbook(shop: Shop) -> list[list[str]]:
    """Return the start of a command for each core."""
    cores = os.cpu_count() or 1
    return [
        _python("growthbook_client.py", shop.address, shop.publishable, str(core), str(cores))
        for core in range(cores)
    ]


def _remote(shop: Shop) -> Commands:
    """Return the starts of commands that ask for everything at once."""
    return {
        "api": [_python("http_client.py", "assignments", shop.address, shop.secret)],
        "ofrep": [_python("http_client.py", "ofrep", shop.address, shop.publishable)],
    }


def agree(shop: Shop, folder: Path, *, units: int = UNITS, seed: int = SEED) -> Report:
    """Put the units to every client and compare what all of them tell of all flags."""
    report = Report(operators=set().union(*map(operators_in, shop.conditions)))
    many = write_units(folder / "units", units, seed=seed)
    few = write_units(folder / "few", min(units, SAMPLE), seed=seed)
    compare(report, _ask_for_all(shop, many))
    compare(report, _ask_one_by_one(shop, few))
    testers = write_units(folder / "testers", min(units, SAMPLE), seed=seed, qa=True)
    compare(report, _ask_as_testers(shop, testers))
    return report


def _ask_for_all(shop: Shop, units: Path) -> list[Answers]:
    """Ask for everything at once, and evaluate locally."""
    javascript = [*node_clients.script("growthbook.mjs"), shop.address, shop.publishable]
    local = {"growthbook-python": _growthbook(shop), "growthbook-js": [javascript]}
    return _told_by(shop, {**_remote(shop), **local}, units)


def _ask_one_by_one(shop: Shop, units: Path) -> list[Answers]:
    """Ask flag by flag through OpenFeature's clients, beside our own interface."""
    place = (shop.address, shop.publishable)
    clients = {
        "recommendations": [_python("http_client.py", "recommendations", *place)],
        "openfeature-python": [_python("openfeature_client.py", *place)],
        "openfeature-js": [[*node_clients.script("openfeature.mjs"), *place]],
    }
    return _told_by(shop, {**_remote(shop), **clients}, units)


def _told_by(shop: Shop, commands: Commands, units: Path) -> list[Answers]:
    flags = dict.fromkeys(commands, shop.flags) | {
        "api": shop.experiments,
        "recommendations": ["home"],
    }
    return list(run_side_by_side(commands, flags, units).values())


def _ask_as_testers(shop: Shop, units: Path) -> list[Answers]:
    """Ask as testers: of a running experiment they get the variant that the clients say."""
    commands = {"api-qa": _remote(shop)["api"], "growthbook-python": _growthbook(shop)}
    flags = dict.fromkeys(commands, shop.running)
    return list(run_side_by_side(commands, flags, units).values())


def compare(report: Report, answers: Sequence[Answers]) -> None:
    """Add what the answers tell to the report; every client is compared with the first that can."""
    first = answers[0]
    for other in answers[1:]:
        _compare_two(report, first, other)
    whole = [each for each in answers if each.flags != first.flags]
    for other in whole[1:]:  # our interface decides no placement: there the others are compared
        _compare_two(report, whole[0], other)
    for each in answers:
        report.took_s[each.name] = max(report.took_s.get(each.name, 0.0), each.took_s)
    report.reasons.update(first.reasons)
    if not report.shares:
        report.shares = _shares(first.reasons)


def _compare_two(report: Report, first: Answers, other: Answers) -> None:
    flags = [flag for flag in other.flags if flag in first.flags]
    rows: Iterable[tuple[list[str], list[str]]] = zip_longest(
        first.of(flags), other.of(flags), fillvalue=[]
    )
    for number, (one, two) in enumerate(rows):
        report.compared[other.name] += len(flags)
        if one != two:
            report.n_differences += sum(a != b for a, b in zip_longest(one, two))
            report.differences += islice(
                (
                    f"unit {number}, {flag}: {first.name} {a!r}, {other.name} {b!r}"
                    for flag, a, b in zip_longest(flags, one, two)
                    if a != b
                ),
                max(0, SHOWN - len(report.differences)),
            )


def _shares(reasons: Counter[str]) -> dict[str, float]:
    """Return the shares of decisions in, not eligible and otherwise out."""
    total = sum(reasons.values())
    inside = sum(reasons[reason] for reason in IN) / total
    not_eligible = reasons[Reason.NOT_ELIGIBLE] / total
    return {"in": inside, "not eligible": not_eligible, "out": 1 - inside - not_eligible}


def main(arguments: Sequence[str]) -> int:
    """Print the figures of a run; returns the exit code, 0 when all agree."""
    parser = argparse.ArgumentParser(prog="./armature agree", description=__doc__)
    parser.add_argument("--units", type=int, default=UNITS)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name, a_shop(Path(name)) as shop:
        report = agree(shop, Path(name), units=options.units, seed=options.seed)
    sys.stdout.write(_told(report, options.units, time.monotonic() - started))
    return 1 if report.n_differences else 0


def _told(report: Report, units: int, took_s: float) -> str:
    lines = [f"{units} units, {report.n_differences} differences, {took_s:.0f} s"]
    lines += [f"  {line}" for line in report.differences]
    lines += [f"{name}: {count} flags compared" for name, count in report.compared.items()]
    lines += [f"{name}: done after {seconds:.0f} s" for name, seconds in report.took_s.items()]
    lines += [f"{name}: {share:.1%} of the decisions" for name, share in report.shares.items()]
    lines += [f"{reason}: {count}" for reason, count in sorted(report.reasons.items())]
    lines.append(f"operators: {' '.join(sorted(report.operators))}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
