"""Paths of this room under /api/v1/."""

from django.urls import path

from analytics.api import views

urlpatterns = [
    path(
        "experiments/<slug:key>/analyses", views.AnalysisList.as_view(), name="experiment-analyses"
    ),
    path("analyses/<int:pk>", views.AnalysisDetail.as_view(), name="analysis"),
]
