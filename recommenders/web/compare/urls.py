"""Paths of the pages that compare lists."""

from django.urls import path

from recommenders.web.compare import views

urlpatterns = [
    path("", views.SiteList.as_view(), name="compare"),
    path("<slug:site>/", views.ComparePage.as_view(), name="compare-page"),
    path("<slug:site>/sample/", views.CompareSample.as_view(), name="compare-sample"),
    path("<slug:site>/lists.csv", views.CompareCsv.as_view(), name="compare-csv"),
    path("<slug:site>/lists.json", views.CompareJson.as_view(), name="compare-json"),
]
