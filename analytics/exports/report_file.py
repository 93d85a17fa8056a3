"""The whole report as one HTML file that opens from a disk and asks for nothing."""

from dataclasses import replace
from datetime import datetime

from django.template.loader import render_to_string

from analytics.exports.standing import standing_alone
from analytics.exports.styles import stylesheet
from analytics.web.faces import status_tone
from analytics.web.page import ReportPage

STYLES = ("tokens", "components", "pages", "report", "shared")


def html_file(page: ReportPage, *, at: datetime) -> str:
    """Return the page as one file: its styles inside, no script, no link out of it.

    `at`: when it is saved. What the page lets a reader choose is shown as it was chosen.
    """
    context = {
        "page": shown(page),
        "status_tone": status_tone(page.experiment.status),
        "saved": f"{at:%d %b %Y, %H:%M} UTC",
        "styles": "\n".join(stylesheet(f"css/{name}.css") for name in STYLES),
    }
    return standing_alone(render_to_string("analytics/export/report.html", context))


def shown(page: ReportPage) -> ReportPage:
    """Return the page without what only a running service could answer."""
    sections = page.sections
    if sections.series:
        sections = replace(sections, series=replace(sections.series, options=()))
    return replace(page, pending=None, effects=(), levels=(), sections=sections)
