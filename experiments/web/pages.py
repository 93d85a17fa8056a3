"""The addresses of pages that are about no single experiment, below those of experiments."""

from django.contrib import admin
from django.urls import URLPattern, path

from experiments.web.health_page import health_page
from experiments.web.layer_page import layers_page
from experiments.web.library_page import library_page
from experiments.web.saved_views import views_page
from experiments.web.subjects_page import subjects_page
from experiments.web.unit_page import unit_page

PAGES = {
    "layers": layers_page,
    "unit": unit_page,
    "subjects": subjects_page,
    "library": library_page,
    "views": views_page,
    "health": health_page,
}


def page_urls(site: admin.AdminSite) -> list[URLPattern]:
    """Return the addresses of the pages."""
    return [
        path(f"{name}/", site.admin_view(view), name=f"experiments_experiment_{name}")
        for name, view in PAGES.items()
    ]
