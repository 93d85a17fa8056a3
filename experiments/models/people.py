"""What people may do in a site, and the views of lists that they keep."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from experiments.models.site import Site
from experiments.roles import Role


class Membership(models.Model):
    """A person's role in one site, or in all of them."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    site = models.ForeignKey(
        Site,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="memberships",
        help_text="Left empty: every site, also those to come.",
    )
    role = models.CharField(max_length=10, choices=[(role.value, role.value) for role in Role])

    class Meta:
        ordering = ["user", "site", "role"]
        constraints = [
            models.UniqueConstraint(fields=["user", "site", "role"], name="membership_once"),
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(site__isnull=True),
                name="membership_once_for_all_sites",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role}"


class SavedView(models.Model):
    """A search with filters of one list, kept under a name by one person."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, help_text="The address's query, without the ?.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="saved_view_named_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
