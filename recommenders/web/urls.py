"""Paths of this room's screens; each area brings its own."""

from django.urls import include, path

app_name = "recommenders"
urlpatterns = [
    path("compare/", include("recommenders.web.compare.urls")),
    path("evaluation/", include("recommenders.web.evaluation.urls")),
    path("registry/", include("recommenders.web.registry.urls")),
]
