"""A storefront and its keys: every other row belongs to one site."""

from django.db import models
from django.db.models import Q


class Site(models.Model):
    """One storefront: its keys, catalogue, currency, time zone and allowed origins."""

    class ExposureMode(models.TextChoices):
        AUTO = "auto", "automatic: committed on PostgreSQL, buffered on SQLite"
        DURABLE = "durable", "committed before the answer"
        BUFFERED = "buffered", "buffered: a crash may lose the last quarter of a second"

    slug = models.SlugField(unique=True, help_text="Short name used in addresses.")
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, default="EUR", help_text="ISO 4217 code.")
    timezone = models.CharField(
        max_length=64, default="UTC", help_text="Decides where a day begins, e.g. Europe/Berlin."
    )
    allowed_origins = models.JSONField(
        default=list, blank=True, help_text='Browser origins, e.g. ["https://shop.example"].'
    )
    is_simulated = models.BooleanField(
        default=False, help_text="Accepts a simulated clock; every page says so."
    )
    is_replay = models.BooleanField(default=False, help_text="Real history, replayed.")
    exposure_mode = models.CharField(
        max_length=10, choices=ExposureMode.choices, default=ExposureMode.AUTO
    )
    count_unverified = models.BooleanField(
        default=True, help_text="Count purchases from publishable keys without an exposure token."
    )
    requires_approval = models.BooleanField(
        default=False, help_text="A second person approves each experiment before it starts."
    )
    hash_ids = models.BooleanField(
        default=False,
        help_text="Store visitor, account and session ids as keyed hashes; cannot be undone.",
    )
    outlier_events = models.PositiveIntegerField(
        default=2_000,
        help_text="Units with more events in one hour are left out of analyses; 0: none are.",
    )
    internal_networks = models.JSONField(
        default=list,
        blank=True,
        help_text='Addresses of your own people, left out of analyses, e.g. ["192.0.2.0/24"].',
    )
    retention_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Events older than this are exported to Parquet and dropped; empty: all stay.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="site_currency_iso4217"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A key of one site; only the SHA-256 of its secret is kept."""

    class Kind(models.TextChoices):
        PUBLISHABLE = "publishable", "publishable (browser)"
        SECRET = "secret", "secret (server)"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["site", "name"]
        verbose_name = "API key"
        verbose_name_plural = "API keys"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class ConfigVersion(models.Model):
    """One row whose number rises with every change of what the snapshot is compiled from."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveBigIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="config_version_single_row")]

    def __str__(self) -> str:
        return str(self.version)
