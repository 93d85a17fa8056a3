"""All settings, read top to bottom; the environment is read here and nowhere else."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from config import env, theme

VERSION = "0.1.0"
ROOT = Path(__file__).resolve().parents[2]
DATA_DIR = env.folder("ARMATURE_DATA_DIR", ROOT / "var")
DATA_DIR.mkdir(parents=True, exist_ok=True)

# ── safety ──────────────────────────────────────────────────────────────────────────────────────
PRODUCTION = env.flag("ARMATURE_PRODUCTION")
DEBUG = env.flag("ARMATURE_DEBUG")
ALLOWED_HOSTS = env.words("ARMATURE_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("ARMATURE_TRUSTED_ORIGINS")


def _secret_key() -> str:
    """Return the configured secret, or one made once and kept beside an embedded installation."""
    if given := env.text("ARMATURE_SECRET_KEY"):
        if PRODUCTION and len(given) < 50:
            raise ImproperlyConfigured("ARMATURE_SECRET_KEY must have at least 50 characters")
        return given
    if PRODUCTION:
        raise ImproperlyConfigured("ARMATURE_SECRET_KEY must be set when ARMATURE_PRODUCTION is on")
    return _kept_secret("secret_key")


def _id_key() -> str:
    """Return the configured key of hashed ids, or one made once and kept in the data folder."""
    given = env.text("ARMATURE_ID_KEY")
    if given and len(given) < 32:
        raise ImproperlyConfigured("ARMATURE_ID_KEY must have at least 32 characters")
    return given or _kept_secret("id_key")


def _kept_secret(name: str) -> str:
    """Return a secret of the data folder, made by whoever asks for it first."""
    path = DATA_DIR / name
    if not path.exists():
        mine = path.with_name(f".{name}.{os.getpid()}")
        mine.touch(mode=0o600)
        mine.write_text(secrets.token_urlsafe(64))
        with suppress(FileExistsError):  # another process was faster: its secret counts
            path.hardlink_to(mine)  # whole or not there, whoever reads it meanwhile
        mine.unlink()
    return path.read_text()


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = env.words("ARMATURE_SECRET_KEY_FALLBACKS")
# Apart from SECRET_KEY, as this one can never be rotated: stored hashes would name nobody any more.
ID_KEY = _id_key()
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_AGE = 8 * 3600
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# Screens run nothing inline. The admin theme's Alpine needs eval, and only the admin gets it.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
CSP_ADMIN: dict[str, Any] = {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
CSP_DOCS: dict[str, Any] = {
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
}

# ── applications ────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "experiments.apps.ExperimentsConfig",
    "recommenders.apps.RecommendersConfig",
    "analytics.apps.AnalyticsConfig",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "axes",
]
# The storefront's endpoints skip this chain (see wsgi.py): they have no session, form or page.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.shedding.SheddingMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.ContentSecurityPolicyMiddleware",
    "axes.middleware.AxesMiddleware",
]
API_MIDDLEWARE = [
    "config.middleware.ApiSecurityMiddleware",
    "config.shedding.SheddingMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# ── storage ─────────────────────────────────────────────────────────────────────────────────────
DATABASES = {
    "default": env.database(
        "DATABASE_URL",
        DATA_DIR / "armature.sqlite3",
        connect_s=env.integer("ARMATURE_DATABASE_CONNECT_TIMEOUT", 3),
        # Longer than any task may take; a web process sets itself a shorter one (wsgi.py).
        patience_s=env.integer("ARMATURE_DATABASE_TIMEOUT", 900, high=86_400),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_cache_url = env.text("ARMATURE_CACHE_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _cache_url}
    if _cache_url
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
ARTIFACTS_DIR = DATA_DIR / "artifacts"

# ── people ──────────────────────────────────────────────────────────────────────────────────────
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "reports:list"
LOGOUT_REDIRECT_URL = "login"
# Locked by name and address together: nobody can lock somebody else out from elsewhere.
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "experiments.traffic.addresses.client_address"

# ── language, time, files ───────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "static"]
WHITENOISE_USE_FINDERS = True

# ── tasks: a message is only a hint, so the embedded broker may lose one (docs/decisions) ───────
_broker = env.text("ARMATURE_BROKER_URL", f"sqla+sqlite:///{DATA_DIR / 'broker.sqlite3'}")
CELERY_BROKER_URL = _broker
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {}
    if _broker.startswith("sqla+")
    else {
        "visibility_timeout": 120,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "events"
CELERY_TASK_ROUTES = {
    # Its worker trains for as long as it takes; analyses and events do not wait for it.
    "recommenders.tasks.train_artifact": {"queue": "training"},
    "recommenders.tasks.compute_evaluation": {"queue": "training"},
    "recommenders.tasks.sweep_training": {"queue": "training"},
    "recommenders.tasks.*": {"queue": "compute"},
    "analytics.tasks.*": {"queue": "compute"},
    # It reads and rewrites files, and events must not wait behind it.
    "experiments.tasks.run_erasure": {"queue": "compute"},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat")

# ── training: in a process of its own, whose limits these are (docs/decisions/0034-registry.md) ──
TRAINING_APART = env.flag("ARMATURE_TRAINING_APART", default=True)
TRAINING_SOFT_LIMIT_S = env.integer("ARMATURE_TRAINING_SOFT_LIMIT", 1_500, low=1)
TRAINING_HARD_LIMIT_S = env.integer("ARMATURE_TRAINING_HARD_LIMIT", 1_800, low=1)
TRAINING_MEMORY_MB = env.integer("ARMATURE_TRAINING_MEMORY_MB", 4_096, low=0)
TRAINING_THREADS = env.integer("ARMATURE_TRAINING_THREADS", 1, low=1, high=256)
BECOME_CHILD = Path(__file__).with_name("child.py")

# ── analyses ────────────────────────────────────────────────────────────────────────────────────
METRIC_TIMEOUT_S = env.integer("ARMATURE_METRIC_TIMEOUT", 60, high=86_400)
ANALYSIS_ENGINE = env.choice("ARMATURE_ANALYSIS_ENGINE", ("database", "duckdb", "spark"))
SPARK_MASTER = env.text("ARMATURE_SPARK_MASTER", "local[*]")

# ── programming interface ───────────────────────────────────────────────────────────────────────
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["experiments.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["experiments.api.permissions.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["experiments.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "experiments.api.problems.drf_exception_handler",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_PAGINATION_CLASS": "experiments.api.paging.CursorPages",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Armature",
    "DESCRIPTION": "Experiments on recommenders, from hypothesis to decision.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Without this the page asks a service elsewhere to judge the document.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "ExperimentStatus": "experiments.models.experiment.STATUSES",
        "AnalysisStatus": "analytics.models.Analysis.Status",
        "UnitType": "experiments.models.experiment.Experiment.UnitType",
        "MetricKind": "analytics.models.Metric.Kind",
        "HealthState": "experiments.health.checks.STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.schema.complete",
    ],
}

# ── serving ─────────────────────────────────────────────────────────────────────────────────────
SNAPSHOT_MAX_AGE_S = 2.0
RECOMMEND_BUDGET_MS = env.integer("ARMATURE_RECOMMEND_BUDGET_MS", 50, low=1, high=60_000)
EXPOSURE_BUFFER_SLATES = env.integer("ARMATURE_EXPOSURE_BUFFER", 5_000, low=1)
EXPOSURE_FLUSH_S = 0.25
SPOOL_BYTES = env.integer("ARMATURE_SPOOL_MB", 256, low=0) * 1024 * 1024
SPOOL_RETRY_S = 1.0
WEBHOOKS_ALLOW_PRIVATE = env.flag("ARMATURE_WEBHOOKS_ALLOW_PRIVATE")
RATE_LIMIT_PER_KEY = env.integer("ARMATURE_RATE_LIMIT", 5_000, low=1)
# Fewer than the server's threads (running.py), so that some are always left for lists.
EVENTS_IN_FLIGHT = env.integer("ARMATURE_EVENTS_IN_FLIGHT", 8, low=1)
OTHERS_IN_FLIGHT = env.integer("ARMATURE_OTHERS_IN_FLIGHT", 3, low=1)
BACKLOG_EVENTS = env.integer("ARMATURE_BACKLOG_EVENTS", 2_000_000, low=1)
ALARMS_EVERY_S = 10.0
METRICS_TOKEN = env.text("ARMATURE_METRICS_TOKEN")

# ── admin theme ─────────────────────────────────────────────────────────────────────────────────
UNFOLD = theme.UNFOLD

# ── logs ────────────────────────────────────────────────────────────────────────────────────────
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("ARMATURE_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "axes": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "weasyprint": {"level": "WARNING"},
        "weasyprint.progress": {"level": "WARNING"},
    },
}
