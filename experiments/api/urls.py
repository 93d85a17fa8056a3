"""Paths of this room under /api/v1/."""

from django.urls import path

from experiments.api import assignments, experiments, links, views

urlpatterns = [
    path("events", views.events, name="events"),
    path("assignments", assignments.assignments, name="assignments"),
    path("assignments/explain", assignments.explain, name="assignments-explain"),
    path("experiments", experiments.ExperimentList.as_view(), name="experiments"),
    path("experiments/<slug:key>", experiments.ExperimentDetail.as_view(), name="experiment"),
    path("experiments/<slug:key>/links", links.LinkView.as_view(), name="experiment-links"),
    path(
        "experiments/<slug:key>/<str:action>",
        experiments.ExperimentAction.as_view(),
        name="experiment-action",
    ),
]
