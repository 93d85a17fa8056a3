"""Paths of the registry's screens."""

from django.urls import path

from recommenders.web.registry import acts, views

ONE = "<slug:site>/<slug:recommender>"
urlpatterns = [
    path("", views.RegistryList.as_view(), name="registry"),
    path(f"{ONE}/", views.RegistryPage.as_view(), name="registry-page"),
    path(f"{ONE}/train/", acts.Train.as_view(), name="registry-train"),
    path(f"{ONE}/measure/", acts.Measure.as_view(), name="registry-measure"),
    path(
        f"{ONE}/promote/<slug:alias>/<int:artifact>/",
        acts.Promote.as_view(),
        name="registry-promote",
    ),
    path(f"{ONE}/back/<slug:alias>/", acts.RollBack.as_view(), name="registry-back"),
    path(f"{ONE}/delete/<int:artifact>/", acts.Delete.as_view(), name="registry-delete"),
]
