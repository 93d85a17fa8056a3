"""The benchmark runner, on cases of a known length."""

import json
import time
from pathlib import Path

import pytest

from config.bench import (
    BenchmarkError,
    Case,
    Settings,
    areas,
    has_cases,
    load_cases,
    main,
    markdown,
    measure,
)


def sleeping(name: str, seconds: float, *, is_baseline: bool = False) -> Case:
    def run() -> int:
        time.sleep(seconds)
        return 10

    return Case(name, run, is_baseline)


def test_measure__a_case_that_takes_a_third__is_about_three_times_as_fast() -> None:
    cases = [sleeping("slow", 0.03, is_baseline=True), sleeping("fast", 0.01)]

    report = measure("naps", cases, Settings(repeats=3))

    slow, fast = report.figures
    assert slow.speed == 1
    assert slow.min_us <= slow.median_us <= slow.max_us
    assert slow.median_us >= 3_000
    assert 1.5 < fast.speed <= 3.5


@pytest.mark.parametrize(("warm_up", "rounds"), [(True, 3), (False, 2)])
def test_measure__several_cases__takes_turns(warm_up: bool, rounds: int) -> None:
    seen: list[str] = []

    def noting(name: str, *, is_baseline: bool = False) -> Case:
        def run() -> int:
            seen.append(name)
            return 1

        return Case(name, run, is_baseline)

    cases = [noting("a", is_baseline=True), noting("b")]
    measure("order", cases, Settings(repeats=2), warm_up=warm_up)

    assert seen == ["a", "b"] * rounds


def test_markdown__one_report__has_settings_and_a_row_per_case() -> None:
    cases = [sleeping("slow", 0.002, is_baseline=True), sleeping("fast", 0.001)]

    lines = markdown(measure("naps", cases, Settings(repeats=3))).splitlines()

    assert lines[0] == "## naps"
    assert "3 interleaved repeats · seed 1" in lines[2]
    assert lines[6].startswith("| slow |")
    assert lines[6].endswith("| baseline |")
    assert lines[7].endswith(" x |")


def test_load_cases__unknown_area__names_the_known_ones() -> None:
    with pytest.raises(BenchmarkError, match=r"no benchmark 'nope'; there are: .*assignment"):
        load_cases("nope", Settings())


@pytest.mark.parametrize(
    "area", [area for area in areas() if has_cases(area) and area != "rollups"]
)
def test_load_cases__every_area__has_one_baseline(area: str) -> None:
    cases = load_cases(area, Settings(repeats=1))

    assert sum(case.is_baseline for case in cases) == 1


def test_main__asked_for_json__writes_the_printed_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"

    code = main(["assignment", "--repeats", "1", "--json", str(file)])

    assert code == 0
    (report,) = json.loads(file.read_text())
    printed = capsys.readouterr().out
    assert report["area"] == "assignment"
    assert all(f"| {figure['name']} |" in printed for figure in report["figures"])


def test_main__area_without_cases__is_handed_its_arguments(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["faults", "--help"])

    assert ended.value.code == 0
    assert "--sqlite" in capsys.readouterr().out


def test_main__area_without_cases_beside_another__says_how_to_run_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["assignment", "faults", "--repeats", "1"]) == 2
    assert "ask for it alone" in capsys.readouterr().err
