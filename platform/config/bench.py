"""`./armature bench`: measures what benchmarks/ describes, always beside a baseline.

A file benchmarks/<area>.py has `cases(settings) -> list[Case]`, one of them the baseline. Repeats
of all cases are interleaved, so that a slow minute of the machine strikes all alike. An area that
is no comparison of times has `main(arguments) -> int` instead: it runs when it alone is asked for.
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
REPEATS = 7
SEED = 1


class BenchmarkError(Exception):
    """An area that does not exist, or cases without exactly one baseline."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How much to measure; the seed makes the inputs of two runs equal."""

    repeats: int = REPEATS
    seed: int = SEED


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to measure: `run()` does the work and returns how many operations it did.

    `packages` are the distributions whose versions belong to the figure.
    """

    name: str
    run: Callable[[], int]
    is_baseline: bool = False
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """The times of one case, in microseconds per operation, and its speed in baselines."""

    name: str
    is_baseline: bool
    median_us: float
    min_us: float
    max_us: float
    speed: float
    per_repeat_us: list[float]


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one area with what they were measured on."""

    area: str
    settings: Settings
    figures: list[Figure]
    python: str = platform.python_version()
    cpus: int = field(default_factory=lambda: os.cpu_count() or 0)
    packages: dict[str, str] = field(default_factory=dict)
    measured_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat("T", "seconds"))


def areas() -> list[str]:
    """Return the names of all benchmark files, in order."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def load_area(area: str) -> ModuleType:
    """Return an area's module; raises BenchmarkError when there is none."""
    if area not in areas():
        raise BenchmarkError(f"there is no benchmark {area!r}; there are: {', '.join(areas())}")
    spec = importlib.util.spec_from_file_location(f"benchmarks.{area}", FOLDER / f"{area}.py")
    if spec is None or spec.loader is None:
        raise BenchmarkError(f"benchmarks/{area}.py cannot be imported")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their own module up while it is being run.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def has_cases(area: str) -> bool:
    """Return whether an area compares times; the others have a `main` of their own."""
    return hasattr(load_area(area), "cases")


def load_cases(area: str, settings: Settings) -> list[Case]:
    """Return an area's cases; raises BenchmarkError when the area or its baseline is missing."""
    module = load_area(area)
    if not hasattr(module, "cases"):
        raise BenchmarkError(f"{area!r} compares no times; ask for it alone: bench {area} --help")
    cases: list[Case] = module.cases(settings)
    if sum(case.is_baseline for case in cases) != 1:
        raise BenchmarkError(f"benchmarks/{area}.py must mark exactly one case as the baseline")
    return cases


def measure(
    area: str, cases: Sequence[Case], settings: Settings, *, warm_up: bool = True
) -> Report:
    """Run every case once to warm up, then `repeats` times in turn; return the figures.

    `warm_up`: off for what takes so long that beginning cold does not show.
    """
    times: dict[str, list[float]] = {case.name: [] for case in cases}
    for case in cases if warm_up else ():
        case.run()
    for _ in range(settings.repeats):
        for case in cases:
            times[case.name].append(_microseconds(case))
    baseline = next(times[case.name] for case in cases if case.is_baseline)
    names = sorted({"numpy", *(name for case in cases for name in case.packages)})
    return Report(
        area=area,
        settings=settings,
        figures=[_figure(case, times[case.name], baseline) for case in cases],
        packages={name: version(name) for name in names},
    )


def _microseconds(case: Case) -> float:
    start = time.perf_counter()
    count = case.run()
    return (time.perf_counter() - start) * 1e6 / count


def _figure(case: Case, times: list[float], baseline: Sequence[float]) -> Figure:
    """Return a case's figure; its speed is the median over repeats, each within one repeat."""
    speeds = [base / time_us for base, time_us in zip(baseline, times, strict=True)]
    return Figure(
        name=case.name,
        is_baseline=case.is_baseline,
        median_us=statistics.median(times),
        min_us=min(times),
        max_us=max(times),
        speed=statistics.median(speeds),
        per_repeat_us=times,
    )


def markdown(report: Report) -> str:
    """Return a report as a Markdown section."""
    packages = " · ".join(f"{name} {number}" for name, number in report.packages.items())
    return "\n".join(
        [
            f"## {report.area}",
            "",
            f"Python {report.python} · {report.cpus} CPUs · {packages} ·"
            f" {report.settings.repeats} interleaved repeats · seed {report.settings.seed}",
            "",
            "| case | median µs | min–max µs | per second | speed |",
            "| --- | ---: | ---: | ---: | ---: |",
            *map(_row, report.figures),
            "",
        ]
    )


def _row(figure: Figure) -> str:
    speed = "baseline" if figure.is_baseline else f"{figure.speed:.2f} x"
    spread = f"{_short(figure.min_us)}–{_short(figure.max_us)}"
    rate = f"{1e6 / figure.median_us:,.0f}".replace(",", " ")
    return f"| {figure.name} | {_short(figure.median_us)} | {spread} | {rate} | {speed} |"


def _short(microseconds: float) -> str:
    """Return three significant digits without an exponent."""
    decimals = 3 if microseconds < 1 else 2 if microseconds < 10 else 1 if microseconds < 100 else 0
    return f"{microseconds:.{decimals}f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the areas asked for (all when none is), print Markdown, write JSON; 2 on misuse."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in areas() and not has_cases(given[0]):
        return int(load_area(given[0]).main(given[1:]))
    options = _parser().parse_args(given)
    settings = Settings(repeats=options.repeats, seed=options.seed)
    reports: list[dict[str, Any]] = []
    try:
        for area in options.areas or filter(has_cases, areas()):
            report = measure(area, load_cases(area, settings), settings)
            sys.stdout.write(markdown(report) + "\n")
            sys.stdout.flush()
            reports.append(asdict(report))
    except BenchmarkError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 2
    if options.json:
        options.json.write_text(json.dumps(reports, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="armature bench")
    parser.add_argument("areas", nargs="*", metavar="AREA", help=", ".join(areas()))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same figures as JSON")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--seed", type=int, default=SEED)
    return parser


if __name__ == "__main__":
    sys.exit(main())
