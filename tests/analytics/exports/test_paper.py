"""The report on paper, and as one page."""

import sys
from datetime import UTC, datetime
from html.parser import HTMLParser

import pypdfium2
import pytest

from analytics.exports.paper import paper_page, pdf_file
from analytics.exports.renderers import RendererMissing, no_pdf
from analytics.exports.report_file import html_file
from analytics.web.page import report_page
from tests.analytics.exports.hostile import NAME, a_hostile_run
from tests.analytics.rows import Shares, a_run
from tests.analytics.web.reports import analyse
from tests.analytics.web.rich import a_rich_run

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)
A4 = (595, 842)  # points


class Seen(HTMLParser):
    """What a browser would find: elements, what they fetch, and the words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.fetched: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        named = dict(attrs)
        self.fetched += [str(named[name]) for name in ("href", "src") if named.get(name)]
        assert not [name for name in named if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words += data


def text_of(pdf: bytes) -> tuple[int, str]:
    document = pypdfium2.PdfDocument(pdf)
    words = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    assert tuple(round(each) for each in document[0].get_size()) == A4
    return len(document), words


def test_html__of_a_full_report__holds_all_of_it_and_asks_for_nothing() -> None:
    experiment = a_rich_run(120)
    analyse(experiment)
    page = report_page(experiment)

    seen = Seen(html_file(page, at=AT))

    assert seen.tags.isdisjoint({"script", "form", "button", "link", "iframe", "img", "base"})
    assert all(each.startswith("#") for each in seen.fetched)
    for words in (page.said.sentence, "Segments", "Clicks by position", "Findings", "29 Nov 2026"):
        assert words in seen.words
    assert (page.analysis.sql if page.analysis else "?") in seen.words


def test_html__of_a_hostile_run__shows_names_as_words() -> None:
    experiment = a_hostile_run()
    analyse(experiment)

    page = html_file(report_page(experiment), at=AT)

    seen = Seen(page)
    assert NAME in seen.words
    assert {"script", "b"} & seen.tags == {"b"}  # the page's own, around its own words
    assert "<script" not in page


def test_pdf__of_a_full_report__is_a4_and_holds_its_words() -> None:
    experiment = a_rich_run(120)
    analyse(experiment)
    page = report_page(experiment)

    pages, words = text_of(pdf_file(page))

    assert 3 <= pages <= 12
    for each in ("Home Test", "Guardrails", "Clicks by position", "Findings", "Recompute"):
        assert each in words
    assert page.analysis is not None
    assert page.analysis.settings_hash in words.replace("\n", "").replace("\r", "")


def test_pdf__of_days_that_cannot_be_compared__says_why_there_is_no_line() -> None:
    experiment = a_run({"control": Shares(1, 0), "treatment": Shares(0, 0)})
    analyse(experiment)

    seen = Seen(paper_page(report_page(experiment)))

    assert "On no day could the variants be compared" in seen.words


def test_pdf__of_a_hostile_run__is_made_and_fetches_nothing() -> None:
    experiment = a_hostile_run()
    analyse(experiment)
    page = report_page(experiment)

    seen = Seen(paper_page(page))
    pages, words = text_of(pdf_file(page))

    assert "script" not in seen.tags
    assert all(each.startswith("data:image/svg+xml") for each in seen.fetched)
    assert pages >= 1
    assert "alert(1)" in words


def test_pdf__without_its_package__says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = a_hostile_run()
    analyse(experiment)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    no_pdf.cache_clear()
    try:
        with pytest.raises(RendererMissing, match="PDF needs WeasyPrint, which is not installed"):
            pdf_file(report_page(experiment))
    finally:
        no_pdf.cache_clear()
