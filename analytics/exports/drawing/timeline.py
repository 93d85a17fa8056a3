"""Which artifact answered when: a track for each variant."""

from collections.abc import Iterator

from analytics.exports.drawing.layout import EDGE, Source, finished, sheet, sign
from analytics.exports.drawing.shapes import WIDTH, Area, Drawing, Shape, fitted, rect, text
from analytics.web.artifacts import ArtifactsView, Track

NAMES, TALL, BOX = 180, 40, 24


def timeline_drawing(view: ArtifactsView, source: Source) -> Drawing:
    """Return the tracks of all variants on one axis of time."""
    title = "Artifacts served, by variant; amber: a fallback answered instead"
    head = sheet(title)
    body: list[Shape] = []
    area = Area(EDGE + NAMES, head.top, WIDTH - 2 * EDGE - NAMES, TALL)
    for number, track in enumerate(view.tracks):
        body += _track(track, Area(area.x, head.top + number * TALL, area.width, TALL))
    bottom = head.top + len(view.tracks) * TALL
    last = len(view.marks) - 1
    for place, mark in enumerate(view.marks):
        anchor = {0: "start", last: "end"}.get(place, "middle")
        body.append(text(area.across(mark.x), bottom + 14, mark.label, anchor=anchor))
    words = "; ".join(track.label for track in view.tracks)
    return finished("artifacts", title, words, head, body, bottom + 24, source)


def _track(track: Track, area: Area) -> Iterator[Shape]:
    middle, top = area.y + area.height / 2, area.y + (area.height - BOX) / 2
    yield sign(EDGE + 6, middle, track.mark)
    yield text(EDGE + 18, middle + 4, fitted(track.variant, NAMES - 30), "strong")
    yield rect(area.x, top, area.width, BOX, "track", 3)
    for box in track.boxes:
        x, wide = area.across(box.x), area.across(box.width) - area.x
        yield rect(x, top, wide, BOX, f"art c{track.mark}", 3)
        if box.text:
            yield text(x + 8, middle + 4, fitted(box.text, wide - 12, 11), "arttext")
    for gap in track.gaps:
        wide = area.across(gap.width) - area.x
        yield rect(area.across(gap.x), top - 3, wide, BOX + 6, "gapfill", 2)
