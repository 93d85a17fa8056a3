"""The library of a site's metrics: made, changed into new versions, archived."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from analytics.errors import DefinitionError
from analytics.models import Metric
from analytics.queries import check_metric
from analytics.selectors import query_of
from experiments.errors import InvalidInput, NotFound
from experiments.models import Site

# What a number means by: any change of these is another metric, so a new version.
DEFINING = (
    "kind",
    "numerator",
    "denominator",
    "direction",
    "format",
    "window_days",
    "delay_days",
    "winsor",
    "uses_cuped",
    "min_units",
    "default_role",
    "default_margin",
)
TOLD = ("name", "description", "owner", "tags")
MOST_TAGS = 20
TAG = 40  # characters


def require_computable(metric: Metric) -> None:
    """Raise DefinitionError, with the part that is wrong, on a metric that cannot be computed."""
    for side in ("numerator", "denominator"):
        value = getattr(metric, side)
        if value is not None and not isinstance(value, dict):
            raise DefinitionError('Write an object, e.g. {"source": "slates"}', side)
    if metric.kind != Metric.Kind.RATIO and metric.denominator:
        raise DefinitionError(f"a {metric.kind} has no denominator, a ratio has", "denominator")
    if metric.kind == Metric.Kind.RETENTION and (metric.window_days or metric.delay_days):
        raise DefinitionError("a retention counts its one day: it takes no window", "window_days")
    if metric.winsor is not None and metric.kind not in (Metric.Kind.MEAN, Metric.Kind.RATIO):
        raise DefinitionError("only a mean or a ratio has extremes to cap", "winsor")
    if metric.uses_cuped and metric.kind == Metric.Kind.QUANTILE:
        raise DefinitionError("a quantile takes no history", "uses_cuped")
    check_metric(query_of(metric))
    _require_tags(metric.tags)


def _require_tags(tags: Any) -> None:
    is_list = isinstance(tags, list) and len(tags) <= MOST_TAGS
    if not is_list or not all(isinstance(tag, str) and 0 < len(tag) <= TAG for tag in tags):
        raise DefinitionError(f"tags are up to {MOST_TAGS} words, was {tags!r}", "tags")


@transaction.atomic
def create_metric(*, site: Site, fields: Mapping[str, Any]) -> Metric:
    """Return a new metric of a site; raises InvalidInput with the field that is wrong."""
    if Metric.objects.filter(site=site, key=fields["key"]).exists():
        raise InvalidInput(
            f"there is a metric {fields['key']!r} already",
            field="key",
            hint="Change it: what changes its meaning becomes a new version.",
        )
    metric = Metric(site=site, **fields)
    _check(metric)
    _save(metric)
    return metric


@transaction.atomic
def change_metric(*, metric: Metric, changes: Mapping[str, Any]) -> Metric:
    """Return the metric with the changes: the next version where its meaning changes.

    Reports that used an older one keep it. What is only told of it changes on every version.
    Raises InvalidInput with the field that is wrong.
    """
    newest = newest_of(metric.site, metric.key)
    before = {name: getattr(newest, name) for name in DEFINING}
    is_other = any(changes.get(name, value) != value for name, value in before.items())
    for name, value in changes.items():
        setattr(newest, name, value)
    _check(newest)
    if is_other:
        newest.pk, newest.version = None, newest.version + 1
        newest._state.adding = True
    _save(newest)
    told = {name: getattr(newest, name) for name in TOLD}
    Metric.objects.filter(site=metric.site, key=metric.key).update(**told)
    return newest


def archive_metric(*, metric: Metric, is_archived: bool = True) -> Metric:
    """Return the metric, no longer offered, or offered again; reports that use it stay."""
    Metric.objects.filter(site_id=metric.site_id, key=metric.key).update(is_archived=is_archived)
    return newest_of(metric.site, metric.key)


def newest_of(site: Site, key: str) -> Metric:
    """Return the newest version of a site's metric; raises NotFound."""
    found = Metric.objects.filter(site=site, key=key).order_by("-version").first()
    if found is None:
        raise NotFound(f"unknown metric {key!r}")
    return found


def _check(metric: Metric) -> None:
    try:
        require_computable(metric)
        metric.full_clean(exclude=["site"], validate_unique=False)
    except DefinitionError as error:
        raise InvalidInput(error.args[0], field=error.field) from error
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], field=None if field == "__all__" else field) from error


def _save(metric: Metric) -> None:
    try:
        with transaction.atomic():
            metric.save()
    except IntegrityError as error:
        raise InvalidInput(
            "somebody else changed this metric meanwhile", hint="Read it again."
        ) from error
