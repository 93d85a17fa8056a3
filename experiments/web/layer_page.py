"""Who owns which buckets: a bar for every layer, with its holdouts and with drafts as wishes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from experiments.access import can_somewhere, sites_of
from experiments.admin.layers import PER_CENT, Part
from experiments.assignment.layers import complement
from experiments.lifecycle import HOLDS_BUCKETS, Status
from experiments.models import Allocation, Holdout, Layer, Placement
from experiments.roles import Action

WISHES = (Status.DRAFT, Status.REVIEW)


@dataclass(frozen=True, slots=True)
class Owner:
    """An experiment in a layer: which buckets it holds or wishes, and how many are open."""

    name: str
    key: str
    url: str
    status: str
    share: str
    buckets: str
    open: str


@dataclass(frozen=True, slots=True)
class LayerView:
    """A layer as its panel shows it."""

    name: str
    key: str
    site: str
    placements: str
    bar: tuple[Part, ...]
    owners: tuple[Owner, ...]
    wishes: tuple[Owner, ...]
    holdouts: tuple[str, ...]
    free: str


def layers_page(request: HttpRequest) -> HttpResponse:
    """Show every layer of the sites where the person may look."""
    context = {
        **admin.site.each_context(request),
        "title": "Layers: who holds which buckets",
        "layers": layer_views(request) if can_somewhere(request.user, Action.VIEW) else [],
    }
    return TemplateResponse(request, "experiments/layers.html", context)


def layer_views(request: HttpRequest) -> list[LayerView]:
    """Return the layers within reach; as many queries for many layers as for one."""
    sites = sites_of(request.user, Action.VIEW)
    layers = list(Layer.objects.filter(site__in=sites).select_related("site"))
    allocations = Allocation.objects.filter(layer__in=layers).select_related("experiment")
    by_layer = _grouped(layers, list(allocations.order_by("start", "pk")))
    places = _placements(layers)
    holdouts = list(Holdout.objects.filter(site__in=sites).prefetch_related("layers"))
    return [
        _view(layer, by_layer[layer.pk], places.get(layer.pk, []), holdouts) for layer in layers
    ]


def _grouped(layers: Sequence[Layer], rows: Sequence[Allocation]) -> Mapping[int, list[Allocation]]:
    found: dict[int, list[Allocation]] = {layer.pk: [] for layer in layers}
    for row in rows:
        found[row.layer_id].append(row)
    return found


def _placements(layers: Sequence[Layer]) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = {}
    for placement in Placement.objects.filter(layer__in=layers):
        found.setdefault(placement.layer_id, []).append(placement.name)
    return found


def _view(
    layer: Layer, rows: Sequence[Allocation], places: Sequence[str], holdouts: Sequence[Holdout]
) -> LayerView:
    held = [row for row in rows if row.experiment.status in HOLDS_BUCKETS]
    gaps = complement((row.start, row.stop) for row in held)
    return LayerView(
        name=layer.name,
        key=layer.key,
        site=layer.site.name,
        placements=", ".join(places),
        bar=tuple(_bar(held, gaps)),
        owners=tuple(_owner(row) for row in held),
        wishes=tuple(_owner(row) for row in rows if row.experiment.status in WISHES),
        holdouts=tuple(_holdout_texts(layer, holdouts)),
        free=f"{sum(stop - start for start, stop in gaps) / PER_CENT:g} %",
    )


def _bar(held: Sequence[Allocation], gaps: Sequence[tuple[int, int]]) -> list[Part]:
    """Return the layer from 0 to 100 %: open parts, parts kept for ramps, and free ones."""
    parts = []
    for row in held:
        name = row.experiment.key
        parts.append(_part(row.start, row.admitted_stop, "mine", name))
        parts.append(_part(row.admitted_stop, row.stop, "other", f"{name}, kept"))
    parts += [_part(start, stop, "free", "free") for start, stop in gaps]
    return sorted((part for part in parts if part.width), key=lambda part: part.start)


def _part(start: int, stop: int, kind: str, label: str) -> Part:
    return Part(start / PER_CENT, stop / PER_CENT, kind, label)


def _owner(row: Allocation) -> Owner:
    experiment, size = row.experiment, row.stop - row.start
    return Owner(
        name=experiment.name,
        key=experiment.key,
        url=reverse("admin:experiments_experiment_change", args=[experiment.pk]),
        status=experiment.status,
        share=f"{size / PER_CENT:g} %",
        buckets=f"{row.start:,}–{row.stop:,}",
        open=f"{100 * (row.admitted_stop - row.start) / size:.3g} %",
    )


def _holdout_texts(layer: Layer, holdouts: Sequence[Holdout]) -> list[str]:
    texts = []
    for each in holdouts:
        scope = {row.pk for row in each.layers.all()}
        if each.site_id != layer.site_id or (scope and layer.pk not in scope):
            continue
        where = "these layers" if scope else "the whole site"
        texts.append(f"{each.name}: {each.buckets / PER_CENT:g} % of all units, in {where}")
    return texts
