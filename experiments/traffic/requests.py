"""Whose traffic a request is, and what follows for the list that it asks for."""

import msgspec
from django.http import HttpRequest

from experiments.assignment.specs import Decision, PlacementSpec, Reason
from experiments.models.traffic import Traffic
from experiments.snapshot import KeySpec, SiteSpec
from experiments.traffic.addresses import client_address, is_within
from experiments.traffic.agents import is_declared_bot


def traffic_of(
    request: HttpRequest, key: KeySpec, site: SiteSpec, *, user_agent: str | None = None
) -> str:
    """Return the kind of a request's traffic, "" for a shopper's.

    With a publishable key the visitor's browser calls: its own user agent and address say. A server
    with a secret key calls for its visitor, and passes on the visitor's `user_agent` if it likes.
    """
    agents = [user_agent or ""]
    if key.is_publishable:
        agents.append(request.META.get("HTTP_USER_AGENT", ""))
    if any(agent and is_declared_bot(agent) for agent in agents):
        return Traffic.BOT.value
    networks = site.internal_networks
    if key.is_publishable and networks and is_within(client_address(request), networks):
        return Traffic.INTERNAL.value
    return ""


def as_counted(decision: Decision, placement: PlacementSpec, traffic: str) -> Decision:
    """Return what is decided for a visit once its traffic is known.

    A bot gets what the placement serves outside of experiments. The shop's own people get what
    anybody gets, and do not count.
    """
    if traffic == Traffic.BOT:
        return Decision(reason=Reason.BOT, parameters=placement.parameters)
    if traffic == Traffic.INTERNAL and decision.in_experiment:
        return msgspec.structs.replace(decision, reason=Reason.QA)
    return decision
