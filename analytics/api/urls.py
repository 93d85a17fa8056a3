"""Paths of this room under /api/v1/."""

from django.urls import path

from analytics.api import analyses, explorations, exports, metrics, planning, settings, sharing

urlpatterns = [
    path(
        "experiments/<slug:key>/analyses",
        analyses.AnalysisList.as_view(),
        name="experiment-analyses",
    ),
    path(
        "experiments/<slug:key>/analysis-settings",
        settings.SettingsDetail.as_view(),
        name="analysis-settings",
    ),
    path(
        "experiments/<slug:key>/plan",
        planning.ExperimentPlanDetail.as_view(),
        name="experiment-plan",
    ),
    path("analyses", analyses.SiteAnalyses.as_view(), name="analyses"),
    path("analyses/<int:pk>", analyses.AnalysisDetail.as_view(), name="analysis"),
    path("analyses/<int:pk>/retry", analyses.AnalysisRetry.as_view(), name="analysis-retry"),
    path("analyses/<int:pk>/sums", analyses.AnalysisSums.as_view(), name="analysis-sums"),
    path("analyses/<int:pk>/table", exports.AnalysisTable.as_view(), name="analysis-table"),
    path("analyses/<int:pk>/units", exports.AnalysisUnits.as_view(), name="analysis-units"),
    path("metrics", metrics.MetricList.as_view(), name="metric-list"),
    path("metrics/<slug:key>", metrics.MetricDetail.as_view(), name="metric"),
    path("metrics/<slug:key>/archive", metrics.MetricArchive.as_view(), name="metric-archive"),
    path("explorations", explorations.ExplorationList.as_view(), name="explorations"),
    path("explorations/<int:pk>", explorations.ExplorationDetail.as_view(), name="exploration"),
    path("share-links", sharing.ShareLinkList.as_view(), name="share-links"),
    path(
        "share-links/<int:pk>/revoke", sharing.ShareLinkRevoke.as_view(), name="share-link-revoke"
    ),
]
