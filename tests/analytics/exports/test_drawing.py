"""Charts as files: each of the page's, alone, with its words, whatever it is called."""

import io
import re
from xml.etree import ElementTree as ET  # of our own files

import pytest
from PIL import Image

from analytics.exports.drawing.page import drawings_of, svg_of
from analytics.exports.drawing.shapes import TURNING, UNWRITABLE, Drawing, fitted, width_of
from analytics.exports.renderers import RendererMissing, no_png, png_of
from analytics.web.page import report_page
from experiments.models import Experiment, Exposure
from tests.analytics.exports.hostile import a_hostile_run
from tests.analytics.web.reports import analyse
from tests.analytics.web.rich import a_rich_run

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"
NAMES = [
    "primary",
    "secondary",
    "guardrail",
    "over-time",
    "new-units",
    "segments-1",
    "segments-2",
    "novelty-1",
    "novelty-2",
    "positions",
    "distribution",
    "artifacts",
]


def drawings(experiment: Experiment) -> dict[str, Drawing]:
    return {drawing.name: drawing for drawing in drawings_of(report_page(experiment))}


def test_charts__of_a_full_report__are_all_drawn_alone_with_title_and_words() -> None:
    experiment = a_rich_run(900)
    analyse(experiment)

    found = drawings(experiment)

    assert list(found) == NAMES
    for drawing in found.values():
        root = ET.fromstring(svg_of(drawing))
        assert root.find(f"{SVG}title").text == drawing.title  # type: ignore[union-attr]
        assert (root.find(f"{SVG}desc").text or "") == drawing.words  # type: ignore[union-attr]
        links = [each for node in root.iter() for key, each in node.items() if "href" in key]
        assert all(link.startswith("#") for link in links)
        assert not re.search(r"var\(|url\((?!#)|@import", svg_of(drawing).split("</style>")[0])


def test_charts__of_a_run__hold_the_numbers_of_the_page() -> None:
    experiment = a_rich_run(120)
    analyse(experiment)
    page = report_page(experiment)

    svg = svg_of(drawings(experiment)["primary"])

    for row in page.groups[0].rows:
        assert f">{row.change}</text>" in svg
        assert f">{row.range}</text>" in svg


def test_charts__of_a_hostile_run__are_sound_xml_without_an_element_of_theirs() -> None:
    experiment = a_hostile_run()
    analyse(experiment)

    for drawing in drawings(experiment).values():
        svg = svg_of(drawing)
        assert {node.tag for node in ET.fromstring(svg).iter()}.isdisjoint(
            {f"{SVG}script", f"{SVG}b"}
        )
        assert not UNWRITABLE.search(svg)
        assert not TURNING.search(svg)
        assert png_of(svg).startswith(b"\x89PNG")


def test_charts__of_a_withheld_verdict__show_no_effect() -> None:
    experiment = a_rich_run(120)
    analyse(experiment)
    shown = set(drawings(experiment))
    rows = Exposure.objects.filter(experiment=experiment, variant__key="hybrid").order_by("pk")
    Exposure.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:80])).delete()
    analyse(experiment)

    page = report_page(experiment)

    assert page.is_withheld
    assert set(drawings(experiment)) == shown & {"positions", "distribution", "artifacts"}


def test_png__of_a_chart__is_twice_its_size_and_not_blank() -> None:
    experiment = a_rich_run(120)
    analyse(experiment)
    drawing = drawings(experiment)["positions"]

    image = Image.open(io.BytesIO(png_of(svg_of(drawing)))).convert("RGB")

    assert image.size == (1760, 2 * drawing.height)
    assert len(image.getcolors(1 << 20) or ()) > 50
    assert image.getpixel((2, 2)) == (255, 255, 255)


def test_png__without_its_package__says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)
    no_png.cache_clear()
    try:
        with pytest.raises(RendererMissing, match=r"pip install 'armature\[export\]'"):
            png_of("<svg/>")
    finally:
        no_png.cache_clear()


@pytest.mark.parametrize("words", ["a" * 200, "漢字" * 80, "word " * 60])
def test_text__too_long_for_its_place__is_cut_to_it(words: str) -> None:
    cut = fitted(words, 120)

    assert cut.endswith("…")
    assert width_of(cut) <= 120
