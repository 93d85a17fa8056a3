"""What the report offers to take away: each file in one line, with what is missing for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from analytics.exports.drawing.page import drawings_of
from analytics.exports.renderers import no_pdf, no_png
from analytics.web.page import ReportPage
from experiments.access import can
from experiments.roles import Action

VIEWED = ("effect", "level", "over")  # how the reader chose to see the page


@dataclass(frozen=True, slots=True)
class Offer:
    """A file: what it is, and where; `missing`: what it needs that is not installed."""

    label: str
    words: str
    url: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class ChartOffer:
    """A chart as a drawing and as an image; "" where it cannot be made."""

    title: str
    svg: str
    png: str


@dataclass(frozen=True, slots=True)
class ExportsView:
    """Everything that can be taken away."""

    offers: tuple[Offer, ...]
    charts: tuple[ChartOffer, ...]
    no_png: str


def exports_of(request: HttpRequest, page: ReportPage) -> ExportsView | None:
    """Return what this reader may take away, None while there is no report."""
    if page.analysis is None or page.is_frozen:
        return None
    address = _Address(request, page)
    return ExportsView(
        offers=tuple(_offers(request, page, address)),
        charts=tuple(
            ChartOffer(
                title=each.title,
                svg=address.of("chart", each.name, "svg"),
                png="" if no_png() else address.of("chart", each.name, "png"),
            )
            for each in drawings_of(page)
        ),
        no_png=no_png(),
    )


class _Address:
    """Addresses of this experiment's files, in the reader's view of the page."""

    def __init__(self, request: HttpRequest, page: ReportPage) -> None:
        self.key = page.experiment.key
        viewed = {name: request.GET[name] for name in VIEWED if request.GET.get(name)}
        self.query = urlencode({"site": page.experiment.site.slug, **viewed})

    def of(self, name: str, *more: str) -> str:
        """Return the address of a file."""
        return f"{reverse(f'reports:{name}', args=[self.key, *more])}?{self.query}"


def _offers(request: HttpRequest, page: ReportPage, address: _Address) -> Iterator[Offer]:
    yield Offer("HTML", "The whole report as one file; opens from a disk.", address.of("html"))
    missing = no_pdf()
    yield Offer("PDF", "The whole report on A4.", "" if missing else address.of("pdf"), missing)
    yield Offer("CSV", "The metric table for a spreadsheet.", address.of("csv"))
    yield Offer(
        "Parquet",
        "The metric table for pandas, polars or DuckDB: a row per metric and variant.",
        address.of("parquet"),
    )
    yield Offer("JSON", "All of it: results, exact sums, settings, statement.", address.of("json"))
    if can(request.user, Action.ANALYSE, page.experiment.site_id):
        words = "Every unit counted, with hashed ids; taking it goes on record."
        yield Offer("Arrow", words, address.of("units"))
        words = "Recomputes every number from the JSON and the Arrow file beside it."
        yield Offer("Notebook", words, address.of("notebook"))
