"""Paths of this room under /api/v1/."""

from django.urls import path

from recommenders.api import items, recommend

urlpatterns = [
    path("recommendations", recommend.recommendations, name="recommendations"),
    path("items", items.ItemsView.as_view(), name="items"),
]
