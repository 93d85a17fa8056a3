"""A report in the terminal: the verdict, the variants and the metric table of the page."""

from rich import box
from rich.console import Console
from rich.table import Table

from analytics.web.page import GroupView, ReportPage, report_page
from experiments.models import Experiment


def print_report(console: Console, experiment: Experiment) -> None:
    """Print the newest analysis of an experiment, in the words of its page."""
    page = report_page(experiment)
    console.print(f"{page.headline} ({page.stamp})", style="bold", soft_wrap=True)
    if page.why:
        console.print(page.why, soft_wrap=True)
    console.print(_variants(page))
    for group in page.groups:
        console.print(_metrics(group))
        for name, error in group.errors:
            console.print(f"{name} could not be computed: {error}", soft_wrap=True)


def _variants(page: ReportPage) -> Table:
    table = Table("Variant", title="Exposed units", title_justify="left", box=box.SIMPLE)
    for heading in ("Units", "Share", "Configured", "Lists", "By fallback"):
        table.add_column(heading, justify="right")
    for row in page.variants:
        table.add_row(row.name, row.units, row.share, row.configured, row.slates, row.fallback)
    return table


def _metrics(group: GroupView) -> Table:
    table = Table("Metric", "Treatment", title=group.title, title_justify="left", box=box.SIMPLE)
    table.add_column("Control → treatment", justify="right")
    table.add_column("Lift", justify="right")
    table.add_column("Conclusion")
    for row in group.rows:
        table.add_row(
            row.metric,
            row.treatment,
            f"{row.control_value} → {row.value}",
            f"{row.lift} ({row.lift_range})",
            f"{row.words}; {row.p_value}" if row.p_value else row.words,
        )
    return table
