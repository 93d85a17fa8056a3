"""Paths of the report screens."""

from django.urls import path

from analytics.notebook.views import ReportNotebook
from analytics.sharing.views import ShareLinkRevoke, ShareLinks
from analytics.web import exploring, export_urls, programme_views, replaying, views
from analytics.web.metrics.views import MetricLibrary
from analytics.web.planning.views import PlanPage

app_name = "reports"
urlpatterns = [
    path("", views.ReportList.as_view(), name="list"),
    path("library/metrics/", MetricLibrary.as_view(), name="metrics"),
    path("programme/", programme_views.ProgrammePage.as_view(), name="programme"),
    path("programme.csv", programme_views.ProgrammeCsv.as_view(), name="programme-csv"),
    path("<slug:key>/", views.ReportDetail.as_view(), name="detail"),
    path("<slug:key>/decided/", views.ReportFrozen.as_view(), name="frozen"),
    path("<slug:key>/plan/", PlanPage.as_view(), name="plan"),
    path("<slug:key>/explorations/", exploring.Explorations.as_view(), name="explorations"),
    path(
        "<slug:key>/explorations/<int:exploration>/",
        exploring.ExplorationPage.as_view(),
        name="exploration",
    ),
    path("<slug:key>/aa/", replaying.ReplayPage.as_view(), name="aa"),
    path("<slug:key>/links/", ShareLinks.as_view(), name="links"),
    path("<slug:key>/links/<int:link>/revoke/", ShareLinkRevoke.as_view(), name="link-revoke"),
    path("<slug:key>/notebook.ipynb", ReportNotebook.as_view(), name="notebook"),
    path("<slug:key>/refresh/", views.ReportRefresh.as_view(), name="refresh"),
    path("<slug:key>/results.csv", views.ReportCsv.as_view(), name="csv"),
    path("<slug:key>/results.json", views.ReportJson.as_view(), name="json"),
    *export_urls.urlpatterns,
]
