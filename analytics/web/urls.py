"""Paths of the report screens."""

from django.urls import path

from analytics.web import views

app_name = "reports"
urlpatterns = [
    path("", views.ReportList.as_view(), name="list"),
    path("<slug:key>/", views.ReportDetail.as_view(), name="detail"),
    path("<slug:key>/decided/", views.ReportFrozen.as_view(), name="frozen"),
    path("<slug:key>/refresh/", views.ReportRefresh.as_view(), name="refresh"),
    path("<slug:key>/results.csv", views.ReportCsv.as_view(), name="csv"),
    path("<slug:key>/results.json", views.ReportJson.as_view(), name="json"),
]
