"""Paths of this room under /api/v1/."""

from django.urls import path

from recommenders.api import items, recommenders

urlpatterns = [
    path("items", items.ItemsView.as_view(), name="items"),
    path("recommenders", recommenders.RecommenderList.as_view(), name="recommenders"),
    path(
        "recommenders/<slug:recommender>",
        recommenders.RecommenderDetail.as_view(),
        name="recommender",
    ),
    path(
        "recommenders/<slug:recommender>/train",
        recommenders.Train.as_view(),
        name="recommender-train",
    ),
    path(
        "recommenders/<slug:recommender>/promote",
        recommenders.Promote.as_view(),
        name="recommender-promote",
    ),
    path(
        "recommenders/<slug:recommender>/roll-back",
        recommenders.RollBack.as_view(),
        name="recommender-roll-back",
    ),
    path("items/<path:item_id>", items.ItemView.as_view(), name="item"),
]
