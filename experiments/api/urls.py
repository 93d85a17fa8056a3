"""Paths of this room under /api/v1/."""

from django.urls import path

from experiments.api import (
    actions,
    assignments,
    checks,
    decisions,
    experiments,
    health,
    history,
    links,
    notices,
    subjects,
    templates,
    views,
)

urlpatterns = [
    path("events", views.events, name="events"),
    path("assignments", assignments.assignments, name="assignments"),
    path("assignments/explain", assignments.explain, name="assignments-explain"),
    path("experiments", experiments.ExperimentList.as_view(), name="experiments"),
    path("experiments/<slug:key>", experiments.ExperimentDetail.as_view(), name="experiment"),
    path("experiments/<slug:key>/history", history.History.as_view(), name="experiment-history"),
    path("experiments/<slug:key>/links", links.LinkView.as_view(), name="experiment-links"),
    path("experiments/<slug:key>/checks", checks.Checks.as_view(), name="experiment-checks"),
    path("experiments/<slug:key>/waive", checks.Waive.as_view(), name="experiment-waive"),
    path("experiments/<slug:key>/clone", templates.Clone.as_view(), name="experiment-clone"),
    path("experiments/<slug:key>/decide", decisions.Decide.as_view(), name="experiment-decide"),
    path(
        "experiments/<slug:key>/<str:action>",
        actions.ExperimentAction.as_view(),
        name="experiment-action",
    ),
    path("templates", templates.Templates.as_view(), name="templates"),
    path("templates/<slug:key>", templates.FromTemplate.as_view(), name="template"),
    path("health", health.Health.as_view(), name="health"),
    path("library", decisions.Library.as_view(), name="library"),
    path("notices", notices.Notices.as_view(), name="notices"),
    path("notices/<int:pk>/seen", notices.NoticeSeen.as_view(), name="notice-seen"),
    path("subjects/access", subjects.SubjectAccess.as_view(), name="subject-access"),
    path("subjects/erase", subjects.SubjectErase.as_view(), name="subject-erase"),
    path("subjects/erasures", subjects.Erasures.as_view(), name="erasures"),
    path("subjects/erasures/<int:pk>", subjects.ErasureDetail.as_view(), name="erasure"),
    path("subjects/erasures/<int:pk>/lift", subjects.ErasureLift.as_view(), name="erasure-lift"),
    path("webhooks", notices.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<int:pk>", notices.WebhookDetail.as_view(), name="webhook"),
]
