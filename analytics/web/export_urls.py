"""Paths of what a report is taken away as; those of its tables are beside the report's own."""

from django.urls import path

from analytics.web import exporting

urlpatterns = [
    path("<slug:key>/results.parquet", exporting.ReportParquet.as_view(), name="parquet"),
    path("<slug:key>/report.html", exporting.ReportHtml.as_view(), name="html"),
    path("<slug:key>/report.pdf", exporting.ReportPdf.as_view(), name="pdf"),
    path("<slug:key>/units.arrow", exporting.ReportUnits.as_view(), name="units"),
    path(
        "<slug:key>/charts/<slug:chart>.<str:form>", exporting.ReportChart.as_view(), name="chart"
    ),
]
