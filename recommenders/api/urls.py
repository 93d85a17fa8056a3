"""Paths of this room under /api/v1/."""

from django.urls import path

from recommenders.api import items

urlpatterns = [
    path("items", items.ItemsView.as_view(), name="items"),
]
