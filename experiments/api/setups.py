"""From a set-up as the API writes it to what the services take: rows for keys, drafts for parts."""

from typing import Any

from experiments import services
from experiments.access import roles_of
from experiments.errors import InvalidInput
from experiments.models import Layer, Placement


def setup_of(site_id: int, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with rows in place of keys and names, and drafts in place of objects.

    Raises InvalidInput on what the site does not have.
    """
    found = dict(fields)
    if "placement" in fields:
        found["placement"] = placement_of(site_id, fields["placement"])
    if "layer" in fields:
        found["layer"] = _layer(site_id, fields["layer"])
    if fields.get("owner") is not None:
        found["owner"] = _person(site_id, fields["owner"])
    if "variants" in fields:
        found["variants"] = [services.VariantDraft(**each) for each in fields["variants"]]
    if "ramp" in fields:
        found["ramp"] = [services.RampDraft(**each) for each in fields["ramp"]]
    return found


def placement_of(site_id: int, key: str) -> Placement:
    """Return a placement of the site; raises InvalidInput with those that exist."""
    rows = Placement.objects.filter(site_id=site_id).select_related("site", "layer")
    placement = rows.filter(key=key).first()
    if placement is None:
        known = ", ".join(rows.values_list("key", flat=True)[:20])
        raise InvalidInput(
            f"unknown placement {key!r}", field="placement", hint=f"Known here: {known}."
        )
    return placement


def _layer(site_id: int, key: str) -> Layer:
    rows = Layer.objects.filter(site_id=site_id)
    layer = rows.filter(key=key).first()
    if layer is None:
        known = ", ".join(rows.values_list("key", flat=True)[:20])
        raise InvalidInput(f"unknown layer {key!r}", field="layer", hint=f"Known here: {known}.")
    return layer


def _person(site_id: int, name: str) -> Any:
    """Return the account of somebody who has a role in the site; others are not told apart."""
    from django.contrib.auth import get_user_model

    person = get_user_model().objects.filter(username=name).first()
    if person is None or not roles_of(person, site_id):
        raise InvalidInput(
            f"nobody called {name!r} has a role in this site",
            field="owner",
            hint="Roles are given in the admin, under People.",
        )
    return person
