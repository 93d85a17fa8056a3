"""Where an experiment may be, and under which key storefronts find it there."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import slugify

from experiments.errors import InvalidInput
from experiments.models import Layer, Placement, Site


@dataclass(frozen=True, slots=True)
class Where:
    """The placement whose list an experiment decides, or the layer of one that decides none."""

    site: Site
    placement: Placement | None
    layer: Layer | None

    @property
    def lender(self) -> Layer:
        """Return the layer that lends the buckets."""
        layer = self.placement.layer if self.placement else self.layer
        assert layer is not None  # it is made with one or the other
        return layer


def places_of(sites: Sequence[Site]) -> dict[str, tuple[str, Where]]:
    """Return what an experiment may decide in these sites: its label and where that is."""
    found: dict[str, tuple[str, Where]] = {}
    for site in sites:
        prefix = f"{site.name} · " if len(sites) > 1 else ""
        for placement in site.placements.select_related("layer"):
            where = Where(site, placement, None)
            found[f"placement:{placement.pk}"] = (f"{prefix}{placement.name}", where)
        for layer in site.layers.all():
            found[f"layer:{layer.pk}"] = (
                f"{prefix}no list, layer {layer.name}",
                Where(site, None, layer),
            )
    return found


def require_places(sites: Sequence[Site]) -> None:
    """Raise InvalidInput where there is no site with a place for an experiment."""
    if not places_of(sites):
        raise InvalidInput(
            "there is no site yet in which you may set up an experiment",
            hint="Add a site first, or ask an administrator for the role of an editor.",
        )


def is_taken(site: Site, key: str) -> bool:
    """Return whether storefronts would find something else under this key."""
    return site.experiments.filter(key=key).exists() or site.placements.filter(key=key).exists()


def free_key(site: Site, name: str) -> str:
    """Return a key made from a name that the site does not have yet."""
    base = slugify(name)[:70] or "experiment"
    numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, 10_000))
    return next(key for key in numbered if not is_taken(site, key))
