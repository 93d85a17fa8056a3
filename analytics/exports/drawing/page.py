"""Every chart of a report's page, as drawings and as SVG."""

from collections.abc import Iterator

from django.template.loader import render_to_string

from analytics.exports.drawing.forest import group_drawing, has_intervals, segment_drawing
from analytics.exports.drawing.layout import Source
from analytics.exports.drawing.plots import plot_drawing
from analytics.exports.drawing.shapes import WIDTH, Drawing
from analytics.exports.drawing.timeline import timeline_drawing
from analytics.exports.styles import light_tokens
from analytics.web.page import ReportPage
from analytics.web.sections import Sections

# Double quotes would end the attribute; the first that the reader's machine has is used.
FACES = "Inter, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"


def drawings_of(page: ReportPage) -> tuple[Drawing, ...]:
    """Return the page's charts in its order; none of effects where the verdict is withheld.

    What must not be used is folded away on the page, behind words that say so; an image alone
    could not say it.
    """
    source = _source(page)
    shown: list[Drawing] = []
    if not page.is_withheld:
        shown += [group_drawing(group, source) for group in page.groups if group.rows]
        shown += _of_effects(page.sections, source)
    return (*shown, *_of_serving(page.sections, source))


def svg_of(drawing: Drawing) -> str:
    """Return a drawing as an SVG file that needs nothing beside it."""
    context = {"d": drawing, "width": WIDTH, "t": light_tokens(), "faces": FACES}
    return render_to_string("analytics/export/drawing.svg", context).strip()


def _source(page: ReportPage) -> Source:
    """Return where a drawing comes from: site, experiment, phase and data cut."""
    experiment, analysis = page.experiment, page.analysis
    phase = f"phase {analysis.phase}" if analysis else ""
    kind = ("simulated visitors",) if experiment.site.is_simulated else ()
    parts = (experiment.site.name, experiment.name, phase, f"as of {page.as_of}", *kind)
    return Source(" · ".join(parts))


def _of_effects(sections: Sections, source: Source) -> Iterator[Drawing]:
    if series := sections.series:
        title = f"{series.metric}, everything up to each day"
        if series.effects:
            yield plot_drawing("over-time", title, series.effects, source, below="day")
        yield plot_drawing("new-units", "New units per day", series.units, source)
    if segments := sections.segments:
        for number, table in enumerate(segments.tables, start=1):
            if has_intervals(table):
                yield segment_drawing(segments.metric, table, number, source)
    if novelty := sections.novelty:
        for number, view in enumerate(novelty.views, start=1):
            title = f"{novelty.metric}: {view.treatment} by days since first exposure"
            name = f"novelty-{number}"
            below = "days since first exposure"
            if view.plot:
                yield plot_drawing(name, title, view.plot, source, below=below)


def _of_serving(sections: Sections, source: Source) -> Iterator[Drawing]:
    if (positions := sections.positions) and positions.plot:
        title = "Share of lists clicked, by position"
        yield plot_drawing("positions", title, positions.plot, source, below="position in the list")
    if (found := sections.distribution) and found.plot:
        title = f"What buyers brought: {found.metric}"
        yield plot_drawing(
            "distribution", title, found.plot, source, below="logarithmic", cap=found.cap
        )
    if (artifacts := sections.artifacts) and artifacts.tracks:
        yield timeline_drawing(artifacts, source)
