"""Paths of this room under /api/v1/."""

from django.urls import path

from experiments.api import views

urlpatterns = [
    path("events", views.events, name="events"),
    path("assignments", views.assignments, name="assignments"),
    path("experiments", views.ExperimentList.as_view(), name="experiments"),
    path("experiments/<slug:key>", views.ExperimentDetail.as_view(), name="experiment"),
    path(
        "experiments/<slug:key>/<str:action>",
        views.ExperimentAction.as_view(),
        name="experiment-action",
    ),
]
