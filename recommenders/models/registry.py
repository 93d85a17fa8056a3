"""The recommenders of a site and their fitted artifacts."""

from django.db import models

from experiments.models import Site


class Recommender(models.Model):
    """An algorithm with settings, known to a site under a key."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="recommenders")
    key = models.SlugField(max_length=80)
    algorithm = models.CharField(
        max_length=80, help_text="A registered name, e.g. popularity, lightfm, hybrid."
    )
    settings = models.JSONField(default=dict, blank=True)
    champion = models.ForeignKey(
        "Artifact", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["site", "key"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="recommender_key_unique_in_site")
        ]

    def __str__(self) -> str:
        return self.key


class Artifact(models.Model):
    """One fitted recommender: a folder of arrays with a manifest and its checksum."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        TRAINING = "training"
        READY = "ready"
        FAILED = "failed"

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    recommender = models.ForeignKey(Recommender, on_delete=models.PROTECT, related_name="artifacts")
    version = models.CharField(max_length=40)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    path = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    manifest = models.JSONField(default=dict, blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    trained_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["recommender", "version"], name="artifact_version_unique"
            )
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """Return name@version, as variants pin it."""
        return f"{self.recommender.key}@{self.version}"
