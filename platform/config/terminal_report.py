"""A report in the terminal: the verdict, the variants and the metric table of the page."""

from rich import box
from rich.console import Console
from rich.table import Table

from analytics.web.groups import GroupView
from analytics.web.page import ReportPage, report_page
from experiments.models import Experiment


def print_report(console: Console, experiment: Experiment) -> None:
    """Print the newest analysis of an experiment, in the words of its page."""
    page = report_page(experiment)
    console.print(f"{page.said.sentence} ({page.said.stamp})", style="bold", soft_wrap=True)
    if page.said.why:
        console.print(page.said.why, soft_wrap=True)
    console.print(_variants(page))
    for group in page.groups:
        console.print(_metrics(group))
        for name, error in group.errors:
            console.print(f"{name} could not be computed: {error}", soft_wrap=True)
    for each in page.findings:
        console.print(f"{each.claim.removesuffix('.')}. {each.evidence}", soft_wrap=True)


def _variants(page: ReportPage) -> Table:
    table = Table("Variant", title="Exposed units", title_justify="left", box=box.SIMPLE)
    for heading in ("Units", "Share", "Configured"):
        table.add_column(heading, justify="right")
    for row in page.variants:
        table.add_row(row.name, row.units, row.share, row.configured)
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
            f"{row.change} ({row.range})",
            "; ".join(part for part in (row.conclusion.words, *row.conclusion.notes) if part),
        )
    return table
