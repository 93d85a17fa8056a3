"""Staff screens of this room: the catalogue, recommenders and their artifacts."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget

from experiments.admin.base import ReadOnlyAdmin, StaffAdmin, say
from experiments.admin.recorded import Recorded
from experiments.admin.steps import Step, StepsAdmin
from experiments.errors import ArmatureError
from experiments.intake.hints import queue_on_commit
from experiments.models import Site
from experiments.money import minor_digits, money_text, to_major, to_minor
from experiments.roles import Action
from recommenders import merchandising_admin as merchandising_admin  # registers its screens
from recommenders import services
from recommenders.base import checked_settings
from recommenders.catalogue import bump_catalogue
from recommenders.models import Artifact, Item, Recommender
from recommenders.models.registry import SEED
from recommenders.registry import available, recommender_class
from recommenders.tasks import train_artifact

MOST_MINOR = 10**13
WHEN = ("retrain_every_hours", "warm_every_hours", "drift_limit", "watches_ctr")


class ItemForm(forms.ModelForm):
    """An item; its price is written in the site's currency, not in minor units."""

    price = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=20,
        help_text="In the site's currency, e.g. 19.90.",
        widget=UnfoldAdminDecimalFieldWidget,
    )

    class Meta:
        model = Item
        fields = [
            "site",
            "item_id",
            "title",
            "category",
            "brand",
            "price",
            "stock",
            "is_active",
            "markets",
            "description",
            "tags",
            "image_url",
            "url",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.price is not None:
            self.initial["price"] = to_major(self.instance.price, self.instance.site.currency)

    def clean_tags(self) -> list[str]:
        """Refuse anything but a list of words."""
        tags = self.cleaned_data["tags"] or []
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise forms.ValidationError('Write a list of words, e.g. ["lamp", "oak"].')
        return tags

    def clean_markets(self) -> list[str]:
        """Refuse anything but a list of countries by their two letters."""
        markets = self.cleaned_data["markets"] or []
        if not isinstance(markets, list) or not all(map(_is_country, markets)):
            raise forms.ValidationError('Write a list of countries, e.g. ["DE", "AT"].')
        return markets

    def clean(self) -> dict[str, Any]:
        """Turn the price into minor units."""
        data = super().clean() or {}
        site = data.get("site") or (self.instance.site if self.instance.pk else None)
        if site is not None and data.get("price") is not None:
            data["price"] = self._minor_price(data["price"], site)
        return data

    def _minor_price(self, price: Any, site: Site) -> int | None:
        amount = to_minor(price, site.currency)
        if amount is None:
            digits = minor_digits(site.currency)
            self.add_error("price", f"{site.currency} has {digits} decimals.")
        elif amount > MOST_MINOR:
            self.add_error("price", f"At most {money_text(MOST_MINOR, site.currency)}.")
        return amount


def _is_country(text: object) -> bool:
    return (
        isinstance(text, str)
        and len(text) == 2
        and text.isascii()
        and text.isalpha()
        and text.isupper()
    )


@admin.register(Item)
class ItemAdmin(StaffAdmin):
    """The catalogue."""

    form = ItemForm
    fixed_fields = ("site", "item_id")
    list_display = ["title", "item_id", "site", "category", "price_shown", "stock", "is_active"]
    list_filter = ["site", "is_active"]
    list_select_related = ["site"]
    search_fields = ["title", "item_id"]
    show_full_result_count = False

    @display(description="Price", ordering="price")
    def price_shown(self, obj: Item) -> str:
        """Return the price in the site's currency."""
        return money_text(obj.price, obj.site.currency)

    def save_model(self, request: HttpRequest, obj: Item, form: Any, change: bool) -> None:
        """Save the item and let serving processes notice."""
        super().save_model(request, obj, form, change)
        bump_catalogue(site=obj.site)

    def delete_model(self, request: HttpRequest, obj: Item) -> None:
        """Delete the item and let serving processes notice."""
        super().delete_model(request, obj)
        bump_catalogue(site=obj.site)


class RecommenderForm(forms.ModelForm):
    """A recommender with an algorithm that can run here and settings that it takes."""

    algorithm = forms.ChoiceField(
        choices=lambda: [(name, name) for name in available()], widget=UnfoldAdminSelectWidget()
    )

    class Meta:
        model = Recommender
        fields = ["site", "key", "algorithm", "settings", "seed", *WHEN]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "seed" in self.fields:
            self.fields["seed"].required = False

    def clean_seed(self) -> int:
        """Return the seed, that of every recommender where none is given."""
        seed = self.cleaned_data["seed"]
        return SEED if seed is None else int(seed)

    def clean_settings(self) -> dict[str, Any]:
        """Refuse anything but an object."""
        found = self.cleaned_data["settings"] or {}
        if not isinstance(found, dict):
            raise forms.ValidationError('Write an object, e.g. {"half_life_days": 14}.')
        return found

    def clean(self) -> dict[str, Any]:
        """Refuse settings that the algorithm does not take."""
        data = super().clean() or {}
        algorithm = data.get("algorithm") or self.instance.algorithm
        if algorithm and "settings" in data:
            try:
                checked_settings(data["settings"], recommender_class(algorithm).defaults)
            except ArmatureError as error:
                self.add_error("settings", f"{error} {error.hint or ''}".strip())
        return data


def _train(recommender: Recommender, actor: str = "", reason: str = "") -> str:
    artifact = services.request_training(site=recommender.site, key=recommender.key)
    queue_on_commit(train_artifact, artifact.pk)
    return f"{artifact.full_name} is queued for training."


TRAIN = Step(
    name="train",
    label=lambda _row: "Train now",
    question=lambda row: f"Train {row.key} on everything {row.site.name} has sent so far?",
    consequences=lambda row: [
        "The worker fits a new artifact; the one that answers now goes on answering meanwhile.",
        f"When it passes the promotion gate it becomes the champion of {row.key} and answers "
        "wherever the champion is followed.",
        "Running experiments keep the artifact that they started with.",
    ],
    run=_train,
    action=Action.MANAGE,
    is_possible=lambda _row: True,
)


@admin.register(Recommender)
class RecommenderAdmin(Recorded, StepsAdmin):
    """Recommenders; training runs in the worker."""

    form = RecommenderForm
    fixed_fields = ("site", "key", "algorithm")
    fields = ["site", "key", "algorithm", "settings", "seed", *WHEN]
    list_display = ["key", "site", "algorithm", "champion"]
    list_filter = ["site"]
    search_fields = ["key"]
    list_select_related = ["site", "champion__recommender"]
    actions = ["train"]
    steps = (TRAIN,)

    @admin.action(description="Train the selected recommenders", permissions=["change"])
    def train(self, request: HttpRequest, queryset: QuerySet[Recommender]) -> None:
        """Queue one training each."""
        for recommender in queryset.select_related("site"):
            try:
                with transaction.atomic():
                    sentence = _train(recommender)
            except ArmatureError as error:
                say(self, request, error)
            else:
                self.message_user(request, sentence)


def _promote(artifact: Artifact, actor: str, reason: str) -> str:
    services.promote(artifact=artifact, by=actor, reason=reason)
    return f"{artifact.full_name} is champion."


PROMOTE = Step(
    name="promote",
    label=lambda _row: "Make champion",
    question=lambda row: f"Make {row.full_name} the champion?",
    consequences=lambda row: [
        f"It answers within five seconds wherever the champion of {row.recommender.key} is "
        f"followed; now that is {row.recommender.champion or 'no artifact'}.",
        "Running experiments keep the artifact that they started with.",
        "It has to pass the promotion gate; the page of the recommender shows what it found.",
    ],
    run=_promote,
    action=Action.MANAGE,
    needs_reason=True,
    is_possible=lambda row: (
        row.status == Artifact.Status.READY and row.recommender.champion_id != row.pk
    ),
)


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin, StepsAdmin):
    """Fitted recommenders."""

    list_display = ["full_name", "site", "state", "is_champion", "trained_until", "ready_at"]
    list_filter = ["site", "status"]
    search_fields = ["recommender__key", "version"]
    list_select_related = ["site", "recommender__champion__recommender"]
    fields = [
        "full_name",
        "site",
        "status",
        "error",
        "trained_until",
        "created_at",
        "ready_at",
        "manifest",
        "metrics",
        "path",
        "sha256",
    ]
    readonly_fields = ["full_name"]
    steps = (PROMOTE,)

    @display(
        description="State",
        ordering="status",
        label={"ready": "success", "failed": "danger", "training": "info", "queued": "info"},
    )
    def state(self, obj: Artifact) -> str:
        """Return the status."""
        return obj.status

    @display(description="Champion", boolean=True)
    def is_champion(self, obj: Artifact) -> bool:
        """Return whether it answers for its recommender."""
        return obj.recommender.champion_id == obj.pk
