"""Catalogues of real shops, each by the mapping that the documentation gives for it."""

from pathlib import Path

import pytest

from experiments.models import Site
from recommenders.models import Item
from tests.config.importing.test_catalogue import bring
from tests.factories import a_site

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[4] / "shared" / "data"


def the_file(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the data set is not here: {path}")
    return path


def a_site_in(currency: str) -> Site:
    site = a_site()
    site.currency = currency
    site.save()
    return site


def test_ikea__by_its_mapping__has_the_published_figures() -> None:
    site = a_site_in("SAR")
    columns = ["item_id=item_id", "title=name", "category=category", "price=price", "url=link"]

    done = bring(
        site,
        the_file("catalogue-ikea/ikea.csv.gz"),
        map=[*columns, "description=short_description"],
        delimiter=";",
        decimal=",",
        major_prices=True,
    )

    prices = Item.objects.order_by("price").values_list("price", flat=True)
    assert (done["rows"], done["rejected"], len(prices)) == (3_694, {}, 2_962)
    assert (prices[0], prices[len(prices) - 1]) == (300, 958_500)
    assert len(set(Item.objects.values_list("category", flat=True))) == 17


def test_myntra__by_its_mapping__has_the_published_figures() -> None:
    site = a_site_in("INR")
    columns = {
        "item_id": "Product_ID", "title": "Product_Name", "brand": "Product_Brand",
        "category": "Gender", "price": "Price", "description": "Description",
        "tags": "Primary_Color",
    }  # fmt: skip

    done = bring(
        site,
        the_file("catalogue-myntra/myntra_products_catalog.csv.gz"),
        map=[f"{field}={column}" for field, column in columns.items()],
        major_prices=True,
    )

    prices = list(Item.objects.order_by("price").values_list("price", flat=True))
    assert (done["rows"], done["rejected"], len(prices)) == (12_491, {}, 12_491)
    assert (prices[0], prices[len(prices) // 2], prices[-1]) == (9_000, 92_000, 6_309_000)
    assert len(set(Item.objects.values_list("brand", flat=True))) == 677
    assert Item.objects.filter(category="Women").count() == 5_126


def test_flipkart__by_its_mapping__has_the_published_figures() -> None:
    site = a_site_in("INR")
    columns = {
        "item_id": "uniq_id", "title": "product_name", "brand": "brand",
        "category": "product_category_tree", "price": "retail_price", "url": "product_url",
        "description": "description", "image_url": "image",
    }  # fmt: skip

    done = bring(
        site,
        the_file("catalogue-flipkart-sample/flipkart_com-ecommerce_sample.csv.gz"),
        map=[f"{field}={column}" for field, column in columns.items()],
        major_prices=True,
    )

    prices = Item.objects.exclude(price=None).order_by("price").values_list("price", flat=True)
    assert (done["rows"], done["rejected"], done["created"]) == (999, {}, 999)
    assert (len(prices), prices[0], prices[994]) == (995, 11_000, 57_123_000)
    top = [name.partition(" > ")[0] for name in Item.objects.values_list("category", flat=True)]
    assert (top.count("Clothing"), top.count("Footwear")) == (415, 158)
    assert Item.objects.filter(image_url__startswith="http").count() > 900
