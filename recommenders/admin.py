"""Staff screens of this room: the catalogue, recommenders and their artifacts."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from experiments.admin.base import ReadOnlyAdmin, say
from experiments.errors import ArmatureError
from experiments.hints import queue_on_commit
from recommenders import services
from recommenders.base import checked_settings
from recommenders.catalogue import bump_catalogue
from recommenders.models import Artifact, Item, Recommender
from recommenders.registry import available, recommender_class
from recommenders.tasks import train_artifact


@admin.register(Item)
class ItemAdmin(ModelAdmin):
    """The catalogue."""

    list_display = ["title", "item_id", "site", "category", "price", "stock", "is_active"]
    list_filter = ["site", "is_active"]
    search_fields = ["title", "item_id"]
    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: Item, form: Any, change: bool) -> None:
        """Save the item and let serving processes notice."""
        super().save_model(request, obj, form, change)
        bump_catalogue(site=obj.site)


class RecommenderForm(forms.ModelForm):
    """A recommender with an algorithm that can run here and settings that it takes."""

    algorithm = forms.ChoiceField(choices=lambda: [(name, name) for name in available()])

    class Meta:
        model = Recommender
        fields = ["site", "key", "algorithm", "settings"]

    def clean(self) -> dict[str, Any]:
        """Refuse settings that the algorithm does not take."""
        data = super().clean() or {}
        if data.get("algorithm"):
            try:
                chosen = recommender_class(data["algorithm"])
                checked_settings(data.get("settings") or {}, chosen.defaults)
            except ArmatureError as error:
                self.add_error("settings", f"{error} {error.hint or ''}".strip())
        return data


@admin.register(Recommender)
class RecommenderAdmin(ModelAdmin):
    """Recommenders; training runs in the worker."""

    form = RecommenderForm
    list_display = ["key", "site", "algorithm", "champion"]
    list_filter = ["site"]
    list_select_related = ["site", "champion__recommender"]
    actions = ["train"]

    @admin.action(description="Train the selected recommenders")
    def train(self, request: HttpRequest, queryset: QuerySet[Recommender]) -> None:
        """Queue one training each."""
        for recommender in queryset.select_related("site"):
            try:
                with transaction.atomic():
                    artifact = services.request_training(site=recommender.site, key=recommender.key)
                    queue_on_commit(train_artifact, artifact.pk)
            except ArmatureError as error:
                say(self, request, error)
            else:
                self.message_user(request, f"{artifact.full_name} is queued for training.")


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin):
    """Fitted recommenders."""

    list_display = ["full_name", "site", "status", "trained_until", "ready_at", "error"]
    list_filter = ["site", "status"]
    list_select_related = ["site", "recommender"]
    actions = ["promote"]

    @admin.action(description="Make champion", permissions=["promote"])
    def promote(self, request: HttpRequest, queryset: QuerySet[Artifact]) -> None:
        """Let the selected artifact answer wherever the champion is followed."""
        for artifact in queryset.select_related("recommender"):
            try:
                services.promote_artifact(artifact=artifact)
            except ArmatureError as error:
                say(self, request, error)
            else:
                text = f"{artifact.full_name} is champion."
                self.message_user(request, text, messages.SUCCESS)

    def has_promote_permission(self, request: HttpRequest) -> bool:
        """Let those promote who may change recommenders."""
        return request.user.has_perm("recommenders.change_recommender")
