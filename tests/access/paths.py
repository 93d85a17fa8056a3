"""Every path that the service answers, by the name it is reversed with."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

VIEWS = {"changelist", "add", "change", "delete", "history", "step"}


@dataclass(frozen=True)
class Path:
    """A path: its full name, "" without one, and its pattern."""

    name: str
    pattern: str


@cache
def every_path() -> tuple[Path, ...]:
    """Return all paths of the service, as its resolver knows them."""
    return tuple(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, before: str, spaces: str) -> Iterator[Path]:
    for each in resolver.url_patterns:
        pattern = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield Path(spaces + (each.name or ""), pattern)
        else:
            space = f"{each.namespace}:" if each.namespace else ""
            yield from _walk(each, pattern, spaces + space)


def model_of(name: str) -> str | None:
    """Return the model whose screen has a path of this name; None for other paths.

    >>> model_of("admin:analytics_metric_add"), model_of("admin:auth_user_password_change")
    ('analytics.metric', None)
    """
    for model in admin.site._registry:
        start = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(start) and name.removeprefix(start) in VIEWS:
            return model._meta.label_lower
    return None
