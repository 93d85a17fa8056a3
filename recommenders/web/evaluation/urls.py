"""Paths of the pages of offline evaluations."""

from django.urls import path

from recommenders.web.evaluation import views

urlpatterns = [
    path("", views.SiteList.as_view(), name="evaluation"),
    path("<slug:site>/", views.EvaluationPage.as_view(), name="evaluation-page"),
    path("<slug:site>/ask/", views.AskEvaluation.as_view(), name="evaluation-ask"),
    path(
        "<slug:site>/<int:evaluation>/results.csv",
        views.EvaluationCsv.as_view(),
        name="evaluation-csv",
    ),
    path(
        "<slug:site>/<int:evaluation>/results.json",
        views.EvaluationJson.as_view(),
        name="evaluation-json",
    ),
]
