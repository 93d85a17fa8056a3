"""The report on paper: the page that becomes a PDF, its charts as images within it."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from analytics.exports.drawing.page import FACES, drawings_of, svg_of
from analytics.exports.drawing.shapes import Drawing
from analytics.exports.renderers import pdf_of
from analytics.exports.styles import light_tokens, stylesheet
from analytics.web.page import ReportPage

GROUPS = ("primary", "secondary", "guardrail")
# Charts beside each other under one heading, by how their names begin.
SECTIONS = (
    ("over-time", "Over time", "Everything up to each day, not the effect on that day."),
    (
        "segments",
        "Segments (exploratory)",
        "By what was known of a unit before its exposure. Nothing is decided here: of many slices"
        " some look large by chance. × marks the raw value, ○ the estimate drawn towards the"
        " others.",
    ),
    (
        "novelty",
        "Does it wear off?",
        "The difference to control on each day of a unit’s own, day 0 its first.",
    ),
    ("positions", "Clicks by position", "Of the lists that showed something at a rank."),
    ("distribution", "What buyers brought", ""),
    ("artifacts", "Artifacts served", "Which fitted file answered when, by variant."),
)
BESIDE = {"over-time": ("over-time", "new-units")}


@dataclass(frozen=True, slots=True)
class Image:
    """A chart as an image that stands in the page, with its words."""

    src: str
    words: str


@dataclass(frozen=True, slots=True)
class PaperSection:
    """Charts under a heading, and what is said below them."""

    title: str
    lead: str
    images: tuple[Image, ...]
    notes: tuple[str, ...]


def pdf_file(page: ReportPage) -> bytes:
    """Return the report as PDF for A4; raises RendererMissing where it cannot be made."""
    return pdf_of(paper_page(page))


def paper_page(page: ReportPage) -> str:
    """Return the page that becomes the PDF: all it needs stands in it."""
    drawings = {drawing.name: drawing for drawing in drawings_of(page)}
    settings = page.analysis.settings if page.analysis else {}
    context = {
        "page": page,
        "groups": [(each, _image(drawings.get(each.role))) for each in page.groups],
        "sections": list(_sections(page, drawings)),
        "settings": _settings(settings),
        "tokens": {name.replace("_", "-"): value for name, value in light_tokens().items()},
        "faces": FACES,
        "styles": stylesheet("css/paper.css"),
    }
    return render_to_string("analytics/export/paper.html", context)


def _image(drawing: Drawing | None) -> Image | None:
    if drawing is None:
        return None
    coded = base64.b64encode(svg_of(drawing).encode()).decode()
    return Image(f"data:image/svg+xml;base64,{coded}", drawing.words)


def _sections(page: ReportPage, drawings: Mapping[str, Drawing]) -> Iterator[PaperSection]:
    notes = _notes(page)
    for start, title, lead in SECTIONS:
        own = BESIDE.get(start, (start,))
        found = [each for name, each in drawings.items() if name.startswith(own)]
        images = tuple(image for each in found if (image := _image(each)))
        said = notes.get(start, ())
        if images or said:
            yield PaperSection(title, lead, images, said)


def _notes(page: ReportPage) -> dict[str, tuple[str, ...]]:
    """Return what the page says in words below its charts."""
    sections = page.sections
    novelty, found = sections.novelty, sections.distribution
    notes: dict[str, tuple[str, ...]] = {}
    if sections.series and sections.series.note:
        notes["over-time"] = (sections.series.note,)
    if novelty:
        notes["novelty"] = tuple(
            f"{view.treatment}: {view.finding} {view.action}".strip() for view in novelty.views
        )
    if found:
        facts = " · ".join(f"{name}: {value}" for name, value in found.facts)
        notes["distribution"] = (found.lead, facts) if facts else (found.lead,)
    if sections.positions and sections.positions.note:
        notes["positions"] = (sections.positions.note,)
    return notes


def _settings(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return an analysis' settings as a reader finds them, metrics as key and version."""
    rows = [
        (name.replace("_", " "), str(value))
        for name, value in settings.items()
        if name != "metrics"
    ]
    metrics = ", ".join(f"{each['key']} v{each['version']}" for each in settings.get("metrics", ()))
    return [*rows, ("metrics", metrics)]
