"""Which artifact answered when: one track per variant, amber where a fallback answered instead."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.stats.formats import number
from analytics.web.charts import mark_of
from analytics.web.plots import XLabel, written
from analytics.web.times import moment_in
from experiments.models import Experiment
from experiments.models.event import STRANGER

LEAST = 0.6  # per cent of the width: a shorter stretch would not be seen
# Pixels that a name needs, for a letter and both sides, and those of a track, wide and narrow.
LETTER, SIDES, WIDE, NARROW = 7.0, 14.0, 560.0, 290.0
MARKS = 5


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch on a track; `text`: what fits into it, spare where only on a wide screen."""

    x: str
    width: str
    text: str
    is_spare: bool = False


@dataclass(frozen=True, slots=True)
class ArtifactRow:
    """A stretch in the table."""

    name: str
    variant: str
    mark: int
    period: str
    lists: str


@dataclass(frozen=True, slots=True)
class Track:
    """A variant's stretches and gaps, with their words."""

    variant: str
    mark: int
    boxes: tuple[Box, ...]
    gaps: tuple[Box, ...]
    label: str


@dataclass(frozen=True, slots=True)
class ArtifactsView:
    """The timeline of every variant on one axis of time."""

    tracks: tuple[Track, ...]
    marks: tuple[XLabel, ...]
    rows: tuple[ArtifactRow, ...]
    left_out: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Time:
    """The stretch of time that is drawn, and how a moment is written."""

    start: int
    stop: int
    text: Callable[[int], str]

    def x(self, at_us: int) -> float:
        return 100 * min(1.0, max(0.0, (at_us - self.start) / max(1, self.stop - self.start)))

    def period(self, span: Mapping[str, Any]) -> str:
        return f"{self.text(span['from_us'])} – {self.text(span['until_us'])}"


def artifacts_of(experiment: Experiment, results: Mapping[str, Any]) -> ArtifactsView | None:
    """Return the timeline, None where no list was served."""
    found = results["details"].get("artifacts")
    if not found:
        return None
    if "error" in found:
        return ArtifactsView((), (), (), 0, found["error"])
    own = found["variants"]
    spans = [span for each in own.values() for span in (*each["spans"], *each["fallbacks"])]
    if not spans:
        return None
    start = min(span["from_us"] for span in spans)
    time = _Time(start, max(results["until_us"], start + 1), _texter(experiment))
    variants = [
        (variant["name"], mark_of(index), own[variant["key"]])
        for index, variant in enumerate(results["variants"])
        if variant["key"] in own
    ]
    return ArtifactsView(
        tracks=tuple(_track(name, mark, each, time) for name, mark, each in variants),
        marks=tuple(_mark(time, place) for place in range(MARKS)),
        rows=tuple(row for name, mark, each in variants for row in _rows(name, mark, each, time)),
        left_out=sum(each["left_out"] for _name, _mark_, each in variants),
    )


def _texter(experiment: Experiment) -> Callable[[int], str]:
    def text(at_us: int) -> str:
        moment = moment_in(experiment.site, at_us)
        return f"{moment.day} {moment:%b, %H:%M}"

    return text


def _track(name: str, mark: int, own: Mapping[str, Any], time: _Time) -> Track:
    spans: Sequence[Mapping[str, Any]] = own["spans"]
    ends = [*(span["from_us"] for span in spans[1:]), time.stop]
    # A variant that served nothing has an end and no stretch.
    boxes = [_box(span, end, time) for span, end in zip(spans, ends, strict=False)]
    # Whom a recommender does not know it leaves to others every day: no gap, only a row.
    missing = [gap for gap in own["fallbacks"] if gap["reason"] != STRANGER]
    gaps = tuple(
        Box(written(time.x(gap["from_us"])), _width(gap["from_us"], gap["until_us"], time), "")
        for gap in missing
    )
    told = ", ".join(f"{span['artifact']} from {time.text(span['from_us'])}" for span in spans)
    lists = sum(gap["lists"] for gap in missing)
    more = f"; a fallback answered {number(lists)} lists" if lists else ""
    return Track(name, mark, tuple(boxes), gaps, f"{name}: {told or 'no artifact'}{more}")


def _box(span: Mapping[str, Any], end: int, time: _Time) -> Box:
    """Return a stretch, up to where the next one begins: it was the one to answer until then."""
    x, stop = time.x(span["from_us"]), time.x(max(end, span["until_us"]))
    needed = LETTER * len(span["artifact"]) + SIDES
    share = (stop - x) / 100
    text = span["artifact"] if share * WIDE >= needed else ""
    width = _width(span["from_us"], max(end, span["from_us"]), time)
    return Box(written(x), width, text, is_spare=share * NARROW < needed)


def _width(start: int, stop: int, time: _Time) -> str:
    x = time.x(start)
    return written(min(max(LEAST, time.x(stop) - x), 100 - x))


def _mark(time: _Time, place: int) -> XLabel:
    at = time.start + (time.stop - time.start) * place // (MARKS - 1)
    return XLabel(written(100 * place / (MARKS - 1)), time.text(at).split(",")[0])


def _rows(name: str, mark: int, own: Mapping[str, Any], time: _Time) -> list[ArtifactRow]:
    served = [
        ArtifactRow(span["artifact"], name, mark, time.period(span), number(span["lists"]))
        for span in own["spans"]
    ]
    instead = [
        ArtifactRow(
            f"fallback: {gap['reason']}", name, mark, time.period(gap), number(gap["lists"])
        )
        for gap in own["fallbacks"]
    ]
    return served + instead
