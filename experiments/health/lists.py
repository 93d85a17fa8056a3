"""Which lists were served, by whom, and why by another: running totals that the drain keeps."""

from dataclasses import dataclass

from django.db.models import Sum

from experiments.lifecycle import Status
from experiments.models import SlateTally, Variant

SHOWN = (Status.RUNNING, Status.PAUSED)


@dataclass(frozen=True, slots=True)
class ServedBy:
    """Lists of a site by who made them; `fallback`: why in another's place, "" if not so."""

    site: str
    recommender: str
    fallback: str
    slates: int


@dataclass(frozen=True, slots=True)
class ServedIn:
    """Lists that one variant was served; `fallback`: why by another recommender, "" if not so."""

    site: str
    experiment: str
    variant: str
    fallback: str
    slates: int


def served_by() -> list[ServedBy]:
    """Return the lists of every site by recommender and reason."""
    columns = ("site__slug", "recommender", "fallback")
    rows = SlateTally.objects.values_list(*columns).annotate(n=Sum("slates")).order_by(*columns)
    return [ServedBy(*row) for row in rows]


def served_in() -> list[ServedIn]:
    """Return the lists of every variant under way by reason, those of all its phases."""
    under_way = Variant.objects.filter(experiment__status__in=SHOWN)
    columns = ("experiment__site__slug", "experiment__key", "key")
    names = {pk: (site, key, own) for pk, site, key, own in under_way.values_list("pk", *columns)}
    rows = SlateTally.objects.filter(variant_pk__in=names).values_list("variant_pk", "fallback")
    counted = rows.annotate(n=Sum("slates")).order_by("variant_pk", "fallback")
    return [ServedIn(*names[pk], fallback=why, slates=n) for pk, why, n in counted]
