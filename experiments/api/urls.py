"""Paths of this room under /api/v1/."""

from django.urls import path

from experiments.api import experiments, views

urlpatterns = [
    path("events", views.events, name="events"),
    path("assignments", views.assignments, name="assignments"),
    path("experiments", experiments.ExperimentList.as_view(), name="experiments"),
    path("experiments/<slug:key>", experiments.ExperimentDetail.as_view(), name="experiment"),
    path(
        "experiments/<slug:key>/<str:action>",
        experiments.ExperimentAction.as_view(),
        name="experiment-action",
    ),
]
