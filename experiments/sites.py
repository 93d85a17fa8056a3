"""A new site with what every site needs."""

import secrets
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction

from experiments.errors import InvalidInput
from experiments.models import Layer, Placement, Site
from experiments.registries import SITE_INITIALISERS

DEFAULT_PLACEMENTS = (("home", "Home page"), ("product", "Product page"), ("cart", "Cart"))


def new_seed(key: str) -> str:
    """Return a seed that no other layer or experiment has; the key makes it readable."""
    return f"{key[:80]}:{secrets.token_hex(8)}"  # fits the shorter of the two columns


@transaction.atomic
def create_site(
    *,
    slug: str,
    name: str,
    currency: str = "EUR",
    timezone_name: str = "UTC",
    is_simulated: bool = False,
    is_replay: bool = False,
    exposure_mode: str = Site.ExposureMode.AUTO,
) -> Site:
    """Return a new site with what every site needs: a layer and a placement for each usual page."""
    try:
        ZoneInfo(timezone_name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidInput(f"unknown time zone {timezone_name!r}", field="timezone") from None
    site = Site(
        slug=slug,
        name=name,
        currency=currency,
        timezone=timezone_name,
        is_simulated=is_simulated,
        is_replay=is_replay,
        exposure_mode=exposure_mode,
    )
    site.full_clean()
    site.save()
    equip_site(site=site)
    return site


def equip_site(*, site: Site) -> None:
    """Give a new site its layers and placements, and what other rooms add."""
    for key, name in DEFAULT_PLACEMENTS:
        layer = Layer.objects.create(
            site=site, key=key, name=name, seed=new_seed(f"{site.slug}-{key}")
        )
        Placement.objects.create(
            site=site,
            key=key,
            name=name,
            layer=layer,
            parameters={"recommender": "popularity"},
        )
    for initialise in SITE_INITIALISERS:
        initialise(site)
