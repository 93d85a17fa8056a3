"""Every path of the service; each room brings its own."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from analytics.sharing.public import SharedReport
from config import health
from config.metrics import metrics
from experiments.api import features, ofrep, segment
from experiments.api.views import unknown_endpoint
from recommenders.api.recommend import recommendations

urlpatterns = [
    # What shops call with every page comes first: a path is looked for from the top.
    path("api/v1/recommendations", recommendations, name="recommendations"),
    path("", RedirectView.as_view(pattern_name="reports:list"), name="home"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", include("recommenders.api.urls")),
    # Before the experiments' own: those take any last step of a path for an action.
    path("api/v1/", include("analytics.api.urls")),
    path("api/v1/", include("experiments.api.urls")),
    path("api/features/<str:client_key>", features.features, name="features"),
    path("ofrep/v1/evaluate/flags", ofrep.bulk, name="ofrep-bulk"),
    path("ofrep/v1/evaluate/flags/<str:key>", ofrep.single, name="ofrep-single"),
    path("v1/batch", segment.batch, name="segment-batch"),
    path("v1/<str:kind>", segment.single, name="segment-single"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    re_path(r"^(?:api|ofrep|v1)/", unknown_endpoint),
    path("reports/", include("analytics.web.urls")),
    path("shared/<str:token>/", SharedReport.as_view(), name="shared"),
    path("recommenders/", include("recommenders.web.urls")),
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]
