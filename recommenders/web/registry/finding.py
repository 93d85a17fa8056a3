"""Which recommender or artifact a page is about, and whether its reader may do that."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from experiments.access import can
from experiments.roles import Action
from experiments.scoping import within
from recommenders.models import Alias, Artifact, Recommender

HOLDERS = tuple(f"{alias}__recommender" for alias in Alias.values)


def find_recommender(
    request: HttpRequest, site: str, key: str, action: Action = Action.VIEW
) -> Recommender:
    """Return the recommender of a site.

    Sites where the reader may not look have none: Http404, as for a key that nobody has. Raises
    PermissionDenied when the reader may look there, but not do this.
    """
    rows = within(Recommender.objects.all(), request.user, Action.VIEW)
    found = rows.filter(site__slug=site, key=key).select_related("site", *HOLDERS).first()
    if found is None:
        raise Http404(f"There is no recommender {key!r}.")
    if not can(request.user, action, found.site_id):
        raise PermissionDenied
    return found


def find_artifact(recommender: Recommender, pk: int) -> Artifact:
    """Return an artifact of the recommender; raises Http404."""
    found = recommender.artifacts.select_related("site").filter(pk=pk).first()
    if found is None:
        raise Http404(f"{recommender.key} has no artifact {pk}.")
    found.recommender = recommender
    return found


def known_alias(alias: str) -> str:
    """Return the alias; raises Http404 when there is none of this name."""
    if alias not in Alias.values:
        raise Http404(f"There is no alias {alias!r}.")
    return alias


def arguments(recommender: Recommender, **more: Any) -> dict[str, Any]:
    """Return what the address of a page about a recommender needs."""
    return {"site": recommender.site.slug, "recommender": recommender.key, **more}
