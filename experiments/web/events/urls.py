"""The addresses of the pages of received events, below those of applied ones."""

from collections.abc import Callable

from django.contrib import admin
from django.http import HttpResponse
from django.urls import URLPattern, path

from experiments.web.events.accepted import accepted_page, duplicate_page, waiting_page
from experiments.web.events.bulk import replay_page
from experiments.web.events.listing import received_page
from experiments.web.events.quarantined import quarantined_page

PAGES: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
    "received": ("received/", received_page),
    "accepted": ("received/accepted/<int:event>/", accepted_page),
    "waiting": ("received/waiting/<int:batch>/<int:index>/", waiting_page),
    "duplicate": ("received/duplicate/<int:duplicate>/", duplicate_page),
    "quarantined": ("received/quarantined/<int:quarantined>/", quarantined_page),
    "replay": ("received/replay/", replay_page),
}


def event_urls(site: admin.AdminSite) -> list[URLPattern]:
    """Return the addresses of the pages."""
    return [
        path(address, site.admin_view(view), name=f"experiments_event_{name}")
        for name, (address, view) in PAGES.items()
    ]
