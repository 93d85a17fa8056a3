"""Google's product feed: RSS and Atom, money, availability, and XML that means harm."""

import gzip
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError

from config.importing.google_feed import read_feed
from experiments.models import Site
from recommenders.models import Item
from tests.config.importing.test_catalogue import bring, lines_of
from tests.factories import a_site

pytestmark = pytest.mark.django_db

RSS = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>
<title>The shop</title><link>https://shop.example</link>
{products}
</channel></rss>"""
SHIRT = """<item>
<g:id>TS-1</g:id>
<title>Plain title</title>
<g:title><![CDATA[Shirt "><script>alert(1)</script>]]></g:title>
<g:description>Soft &amp; warm.</g:description>
<g:link>https://shop.example/ts-1?a=1&amp;b=2</g:link>
<g:image_link>https://shop.example/ts-1.png</g:image_link>
<g:additional_image_link>https://shop.example/ts-1b.png</g:additional_image_link>
<g:availability>{availability}</g:availability>
<g:price>{price}</g:price>
<g:sale_price>{sale}</g:sale_price>
<g:sale_price_effective_date>{while_on}</g:sale_price_effective_date>
<g:brand>Lux</g:brand>
<g:google_product_category>1604</g:google_product_category>
<g:product_type>Home &gt; Clothing &gt; Shirts</g:product_type>
<g:product_type>Sale</g:product_type>
<g:shipping><g:country>DE</g:country><g:price>4.90 USD</g:price></g:shipping>
<g:custom_label_0>summer</g:custom_label_0>
</item>"""
ATOM = """<?xml version="1.0" encoding="iso-8859-1"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<title>The shop</title>
<entry><id>tag:shop.example,1</id><g:id>A-1</g:id><title>Caf\u00e9 set</title>
<link rel="alternate" href="https://shop.example/a-1"/><summary>Cups.</summary>
<g:price>EUR 5</g:price><g:availability>in stock</g:availability></entry>
</feed>"""


@pytest.fixture
def site() -> Site:
    return a_site()


def a_shirt(
    price: str = "19.99 EUR",
    availability: str = "in_stock",
    item_id: str = "TS-1",
    *,
    sale: str = "",
    while_on: str = "",
) -> str:
    shirt = SHIRT.format(price=price, availability=availability, sale=sale, while_on=while_on)
    return shirt.replace("TS-1", item_id)


def in_days(days: float, form: str = "%Y-%m-%dT%H:%M%z") -> str:
    """Return a moment so many days from now as feeds write it."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime(form)


def a_feed(path: Path, *products: str) -> Path:
    path.write_text(RSS.format(products="\n".join(products)))
    return path


def test_rss__is_taken_by_googles_names(site: Site, tmp_path: Path) -> None:
    done = bring(site, a_feed(tmp_path / "feed.xml", a_shirt()))

    row = Item.objects.get()
    assert (done["stored"], done["rejected"]) == (1, {})
    assert (row.item_id, row.title) == ("TS-1", 'Shirt "><script>alert(1)</script>')
    assert (row.description, row.url) == ("Soft & warm.", "https://shop.example/ts-1?a=1&b=2")
    assert (row.image_url, row.brand) == ("https://shop.example/ts-1.png", "Lux")
    assert (row.price, row.category) == (1999, "Home > Clothing > Shirts")
    assert (row.tags, row.stock) == (["summer"], None)


def test_atom__in_another_encoding_and_gzipped__is_taken(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "feed.xml.gz"
    path.write_bytes(gzip.compress(ATOM.encode("iso-8859-1")))

    bring(site, path)

    row = Item.objects.get()
    assert (row.item_id, row.title, row.price) == ("A-1", "Caf\u00e9 set", 500)
    assert (row.url, row.description) == ("https://shop.example/a-1", "Cups.")


def test_feed__mapped__takes_another_attribute(site: Site, tmp_path: Path) -> None:
    bring(site, a_feed(tmp_path / "feed.xml", a_shirt()), map=["title=product_type"])

    assert Item.objects.get().title == "Home > Clothing > Shirts"


@pytest.mark.parametrize(
    ("while_on", "price"),
    [
        ("", 999),
        (f"{in_days(-1)}/{in_days(1)}", 999),
        (f"{in_days(-1, '%Y-%m-%dT%H:%MZ')} / {in_days(1, '%Y-%m-%dT%H:%MZ')}", 999),
        (f"{in_days(-9, '%Y-%m-%d')}/{in_days(0, '%Y-%m-%d')}", 999),
        (f"{in_days(1)}/{in_days(2)}", 1999),
        (f"{in_days(-2)}/{in_days(-1)}", 1999),
        (f"{in_days(-9, '%Y-%m-%d')}/{in_days(-1, '%Y-%m-%d')}", 1999),
    ],
    ids=["always", "now", "in UTC", "until today", "to come", "over", "until yesterday"],
)
def test_sale__is_the_price_while_it_is_on(
    while_on: str, price: int, site: Site, tmp_path: Path
) -> None:
    bring(site, a_feed(tmp_path / "feed.xml", a_shirt(sale="9.99 EUR", while_on=while_on)))

    assert Item.objects.get().price == price


def test_sale__where_the_usual_price_is_mapped__is_left_alone(site: Site, tmp_path: Path) -> None:
    bring(site, a_feed(tmp_path / "feed.xml", a_shirt(sale="9.99 EUR")), map=["price=price"])

    assert Item.objects.get().price == 1999


@pytest.mark.parametrize(
    ("word", "stock"),
    [("out of stock", 0), ("out_of_stock", 0), ("preorder", None), ("backorder", None), ("", None)],
)
def test_availability__says_whether_it_can_be_shown(
    word: str, stock: int | None, site: Site, tmp_path: Path
) -> None:
    bring(site, a_feed(tmp_path / "feed.xml", a_shirt(availability=word)))

    assert Item.objects.get().stock == stock


@pytest.mark.parametrize(
    ("product", "code", "field", "given"),
    [
        (a_shirt("19.99 GBP"), "currency_mismatch", "price", "19.99 GBP"),
        (a_shirt("19.999 EUR"), "invalid_field", "price", "19.999 EUR"),
        (a_shirt("-1 EUR"), "negative_amount", "price", "-1 EUR"),
        (a_shirt(availability="maybe"), "invalid_field", "availability", "maybe"),
        (a_shirt(sale="9.99 GBP"), "currency_mismatch", "sale_price", "9.99 GBP"),
        (
            a_shirt(sale="9 EUR", while_on="in May"),
            "invalid_field",
            "sale_price_effective_date",
            "in May",
        ),
        (
            a_shirt(sale="9 EUR", while_on="2026-05-01/"),
            "invalid_field",
            "sale_price_effective_date",
            "2026-05-01/",
        ),
        ("<item><g:id>TS-1</g:id></item>", "missing_field", "title", None),
        ("<item><g:title>T</g:title></item>", "missing_field", "item_id", None),
    ],
)
def test_product__that_is_no_item__is_put_aside_with_its_line(
    product: str, code: str, field: str, given: str | None, site: Site, tmp_path: Path
) -> None:
    path = a_feed(tmp_path / "feed.xml", a_shirt(item_id="A"), product, a_shirt(item_id="B"))

    with pytest.raises(CommandError, match="1 rows were refused"):
        bring(site, path, rejects=tmp_path / "bad.jsonl")

    (refused,) = lines_of(tmp_path / "bad.jsonl")
    line = path.read_text()[: path.read_text().index(product)].count("\n") + 1
    assert (refused["line"], refused["code"], refused["field"]) == (line, code, field)
    assert refused.get("given") == given
    assert set(Item.objects.values_list("item_id", flat=True)) == {"A", "B"}


LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<rss><channel><item><title>&c;</title></item></channel></rss>"""
FILE = """<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss><channel><item><title>&x;</title></item></channel></rss>"""
HARMFUL = {
    "billion laughs": (LAUGHS, "declares a document type"),
    "a file of ours": (FILE, "declares a document type"),
    "only a document type": ('<!DOCTYPE rss SYSTEM "x.dtd"><rss/>', "declares a document type"),
    "unknown entity": ("<rss><item><title>&nbsp;</title></item></rss>", "no well-formed XML"),
    "cut off": (RSS.format(products=a_shirt())[:-30], "no well-formed XML"),
    "no XML": ("item_id,title\na,A\n", "no well-formed XML"),
    "empty": ("", "no well-formed XML"),
    "no feed": ("<html><body/></html>", "has neither <item>"),
}


@pytest.mark.parametrize(("text", "reason"), HARMFUL.values(), ids=HARMFUL)
def test_xml__that_is_no_feed__is_refused_whole(
    text: str, reason: str, site: Site, tmp_path: Path
) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(text)

    with pytest.raises(CommandError, match=reason):
        bring(site, path, replace=True, yes=True, force=True)

    assert not Item.objects.filter(title__contains="lol").exists()


def test_replace__of_a_feed_that_was_cut_off__takes_nothing_out(site: Site, tmp_path: Path) -> None:
    bring(site, a_feed(tmp_path / "old.xml", *(a_shirt(item_id=f"i-{n}") for n in range(4))))
    path = a_feed(tmp_path / "new.xml", *(a_shirt(item_id=f"i-{n}") for n in range(3)))
    path.write_text(path.read_text()[:-20])

    with pytest.raises(CommandError, match="no well-formed XML"):
        bring(site, path, replace=True, yes=True)

    assert Item.objects.filter(is_active=True).count() == 4


def test_feed__of_many_products__is_read_as_a_stream(tmp_path: Path) -> None:
    path = a_feed(tmp_path / "feed.xml", *(a_shirt(item_id=f"i-{n}") for n in range(5_000)))
    tracemalloc.start()

    n_rows = sum(1 for _row in read_feed(path))

    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_rows == 5_000
    assert peak < path.stat().st_size / 4
