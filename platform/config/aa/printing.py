"""A replay in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from analytics.stats.formats import number, p_value_text, percent

MARKS = {"good": "ok", "warn": "look", "bad": "OFF", "unknown": "?"}


def print_replay(console: Console, replay: Mapping[str, Any]) -> None:
    """Print what came of all splits, and last what must not be."""
    console.print(
        f"{number(replay['splits'])} splits of {number(replay['n_units'])}"
        f" {replay['unit_type']}s ({number(replay['n_seen'])} seen in 28 days);"
        f" {replay['monitoring'].replace('_', ' ')}, alpha {replay['alpha']:g},"
        f" seed {replay['seed']}; {replay['seconds']:.0f} s",
        soft_wrap=True,
    )
    console.print(_table(replay))
    for row in replay["rows"]:
        if row["state"] != "good":
            text = f"{row['name']}, {row['treatment_name']}: {row['text']} {row['action']}"
            console.print(text.strip(), soft_wrap=True)
    alarms = replay["alarms"]
    console.print(f"Split: {alarms['text']} {alarms['action']}".strip(), soft_wrap=True)
    if replay["http"]:
        _print_http(console, replay["http"])


def _table(replay: Mapping[str, Any]) -> Table:
    table = Table("", "Metric", "Treatment", box=box.SIMPLE)
    for heading in ("False claims", "95 %", "Corrected", "KS p", "Largest lift", "Untested"):
        table.add_column(heading, justify="right")
    for row in replay["rows"]:
        table.add_row(*_cells(row))
    return table


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    found, worst = row["evidence"], row["worst"]
    ends = found["interval"]
    return (
        MARKS[row["state"]],
        row["name"],
        row["treatment_name"],
        "–" if found["rate"] is None else percent(found["rate"]),
        f"{percent(ends['low'])} to {percent(ends['high'])}" if ends else "–",
        number(row["n_claims"]),
        "–" if found["ks_p"] is None else p_value_text(found["ks_p"]),
        percent(worst["lift"], is_signed=True) if worst else "–",
        number(row["n_silent"]),
    )


def _print_http(console: Console, http: Mapping[str, Any]) -> None:
    sent = (
        f"{number(http['splits'])} splits of {number(http['units'])} units over HTTP:"
        f" {number(http['lists'])} lists and {number(http['events'])} events, through inbox, drain,"
        f" rollups and analysis, in {http['seconds']:.0f} s"
    )
    if http["agrees"]:
        names = ", ".join(http["metrics"])
        console.print(f"{sent}. They agree with the rows: {names}.", soft_wrap=True)
    else:
        console.print(f"{sent}.\nTHEY DO NOT AGREE WITH THE ROWS:", style="bold", soft_wrap=True)
        for problem in http["problems"]:
            console.print(f"  {problem}", soft_wrap=True)
        console.print(f"  {number(http['n_problems'])} differences in all", soft_wrap=True)
    if http["not_carried"]:
        others = ", ".join(http["not_carried"])
        console.print(f"Not carried over HTTP, where lists are served anew: {others}.")
