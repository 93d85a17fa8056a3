"""What a demonstration prints: its size, its report, the truth beside it, and where to look."""

from pathlib import Path
from typing import Any

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from analytics.stats.formats import percent
from analytics.web.views import report_url
from config.demo import equip, experiment
from config.demo.recovery import Recovered, compare
from config.demo.run import Played
from config.terminal_report import print_report


def print_played(console: Console, played: Played) -> None:
    """Print what the simulated shop has and what its visitors did."""
    sent, shop = played.traffic, played.stage.shop
    console.print(
        f"\n{len(shop.catalogue):,} items, {len(shop.visitors):,} visitors "
        f"({int(shop.visitors.is_new.sum()):,} of them new), {played.stage.past_events:,} past "
        f"events; {sent.calls:,} calls over HTTP: {sent.lists:,} lists ({sent.fallbacks:,} by a "
        f"fallback), {sent.events:,} events accepted, {sent.rejected.total():,} refused.\n",
        soft_wrap=True,
    )
    print_report(console, played.experiment)
    console.print(_truth_table(played))


def _truth_table(played: Played) -> Table:
    """Return every reported lift beside the planted one."""
    table = Table(
        "Metric",
        "Treatment",
        title="The report beside the truth (every visitor served every variant, ten times)",
        title_justify="left",
        box=box.SIMPLE,
    )
    for heading in ("Reported lift", "95 % interval", "True lift", "± (simulation)"):
        table.add_column(heading, justify="right")
    table.add_column("Held?")
    names = {metric["key"]: metric["name"] for metric in (played.analysis.results or {})["metrics"]}
    for row in compare(played.analysis, played.truth):
        table.add_row(
            names[row.metric],
            experiment.NAMES[row.treatment],
            percent(row.lift) if row.lift is not None else "–",
            f"{percent(row.low)} to {percent(row.high)}"
            if row.low is not None and row.high is not None
            else "–",
            percent(row.true_lift),
            percent(1.96 * row.true_error),
            "yes" if row.is_inside else "no",
        )
    return table


def print_where(console: Console, url: str, played: Played, password: str, placement: str) -> None:
    """Print the addresses, the login and a call to try."""
    key = played.stage.keys.publishable
    lines = [
        f"Report    {url}{report_url(played.experiment)}",
        f"Admin     {url}/admin/",
        f"Login     {equip.LOGIN}   password {password}",
        f"API       {url}/api/docs/   publishable key {key}",
        "Try       "
        f"curl -s {url}/api/v1/recommendations -H 'X-API-Key: {key}' "
        f"-H 'Content-Type: application/json' "
        f'-d \'{{"unit": {{"visitor_id": "v-81"}}, "placement": "{placement}", "k": 3}}\'',
    ]
    for line in lines:
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def write_json(path: Path, played: Played) -> None:
    """Write every reported lift beside the true one, and what it took."""
    rows: list[Recovered] = list(compare(played.analysis, played.truth))
    document: dict[str, Any] = {
        "seed": played.stage.shop.seed,
        "visitors": len(played.stage.shop.visitors),
        "days": played.stage.shop.days,
        "calls": played.traffic.calls,
        "units": sum(row["units"] for row in (played.analysis.results or {})["variants"]),
        "verdict": ((played.analysis.results or {})["verdict"] or {}).get("state"),
        "lifts": rows,
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1))
