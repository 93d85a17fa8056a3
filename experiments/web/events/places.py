"""Which site a page of received events is about, and where its links lead."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from experiments.access import sites_of
from experiments.models import Site
from experiments.received.filters import NAMES
from experiments.roles import Action


def site_of(request: HttpRequest) -> Site | None:
    """Return the site that the address names, the first of the person's own without a name.

    None for somebody who may look at no site; raises Http404 on one they may not look at.
    """
    sites = sites_of(request.user, Action.VIEW).order_by("name", "slug")
    slug = request.GET.get("site", "")
    if not slug:
        return sites.first()
    # PostgreSQL refuses a text with NUL; no site is called so.
    found = sites.filter(slug=slug[:100].replace("\0", "\ufffd")).first()
    if found is None:
        raise Http404("There is no such site.")
    return found


def row_of(request: HttpRequest, model: type[Model], pk: int) -> Any:
    """Return a row of a site where the person may look; raises Http404 otherwise."""
    rows: Any = model._default_manager.select_related("site")
    found = rows.filter(pk=pk, site__in=sites_of(request.user, Action.VIEW)).first()
    if found is None:
        raise Http404(f"There is no {model._meta.verbose_name} {pk} here.")
    return found


def list_url(site: Site, **filters: object) -> str:
    """Return the address of the list, narrowed; filters that are empty are left out."""
    named = {name: str(value) for name, value in filters.items() if value not in (None, "")}
    query = urlencode({"site": site.slug, **named})
    return f"{reverse('admin:experiments_event_received')}?{query}"


def kept(given: Mapping[str, str]) -> dict[str, str]:
    """Return the filters of an address, in one order, without those that are empty."""
    return {name: given[name] for name in NAMES if given.get(name)}
