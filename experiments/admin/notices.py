"""The inbox of notices, the webhooks that carry them elsewhere, and what became of each."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from experiments import services
from experiments.admin.base import ReadOnlyAdmin, StaffAdmin, actor_of, text_of
from experiments.admin.steps import Step, StepsAdmin
from experiments.errors import AddressRefused
from experiments.models import Delivery, Notice, Webhook
from experiments.outbox.addresses import target_of
from experiments.roles import Action

TONES = {"info": "info", "warning": "warning", "alarm": "danger"}


class Standing(admin.SimpleListFilter):
    """Notices by whether they still last and whether somebody has seen them."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("open", "still lasts"), ("unseen", "not seen yet"), ("over", "over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notice]) -> QuerySet[Notice]:
        """Return the rows of the choice; all without one."""
        match self.value():
            case "open":
                return queryset.filter(resolved_at=None)
            case "unseen":
                return queryset.filter(seen_at=None)
            case "over":
                return queryset.filter(resolved_at__isnull=False)
        return queryset


def _see(notice: Notice, actor: str, reason: str) -> str:
    seen = services.see_notice(notice=notice, actor=actor)
    return f"Seen by {seen.seen_by}."


SEE = Step(
    name="seen",
    label=lambda _row: "I have seen it",
    question=lambda row: f"Mark “{row.title}” as seen?",
    consequences=lambda _row: [
        "It leaves the list of what nobody has seen; your name stays with it.",
        "It is not over by that: it ends by itself when its cause does.",
    ],
    run=_see,
    action=Action.EDIT,
    is_possible=lambda row: row.seen_at is None,
)


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin, StepsAdmin):
    """Reminders and alarms; each is told once while it lasts."""

    list_display = ["title", "level", "site", "experiment", "at", "standing", "seen_by"]
    list_filter = ["site", Standing, "severity", "kind"]
    list_select_related = ["site", "experiment"]
    search_fields = ["title", "detail", "experiment__key", "experiment__name"]
    fields = [
        "title",
        "detail",
        "level",
        "site",
        "experiment",
        "at",
        "standing",
        "resolved_at",
        "seen_at",
        "seen_by",
    ]
    readonly_fields = ["level", "standing"]
    ordering = ["-at", "-id"]
    steps = (SEE,)

    @display(description="Level", label=TONES)
    def level(self, obj: Notice) -> tuple[str, str]:
        """Return how urgent it is."""
        return obj.severity, str(Notice.Severity(obj.severity).label)

    @display(description="State", label={"still lasts": "warning", "over": "success"})
    def standing(self, obj: Notice) -> str:
        """Return whether its cause is still there."""
        return "over" if obj.resolved_at else "still lasts"


class WebhookForm(forms.ModelForm):
    """A webhook: whose notices go where."""

    url = forms.CharField(
        max_length=500,
        label="Address",
        widget=UnfoldAdminTextInputWidget(),
        help_text="http or https, of a server that anybody can reach; private ones are refused.",
    )

    class Meta:
        model = Webhook
        fields = ["site", "name", "url", "is_active"]

    def clean_url(self) -> str:
        """Refuse an address that this service may not call."""
        url: str = self.cleaned_data["url"]
        try:
            target_of(url, allow_private=settings.WEBHOOKS_ALLOW_PRIVATE)
        except AddressRefused as error:
            raise forms.ValidationError(text_of(error)) from None
        return url

    def _get_validation_exclusions(self) -> set[str]:
        # The check above knows more of addresses than the column's own, such as short names.
        return {*super()._get_validation_exclusions(), "url"}  # type: ignore[misc]


@admin.register(Webhook)
class WebhookAdmin(StaffAdmin):
    """Addresses that get a site's notices; the secret is shown once, right after it was made."""

    view_action = Action.MANAGE  # an address may hold a secret of whoever gets the notices
    form = WebhookForm
    list_display = ["name", "site", "url", "is_active", "created_at"]
    list_filter = ["site", "is_active"]
    list_select_related = ["site"]
    search_fields = ["name", "url"]
    fixed_fields = ("site",)

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        """Write through the service; a new secret lives until the answer to this request."""
        values = {name: form.cleaned_data[name] for name in ("name", "url")}
        if change:
            active = form.cleaned_data["is_active"]
            services.change_webhook(
                webhook=obj, actor=actor_of(request), is_active=active, **values
            )
            return
        made, secret = services.create_webhook(site=obj.site, actor=actor_of(request), **values)
        obj.pk = made.pk
        request._armature_secret = secret  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: Webhook) -> None:
        """Delete through the service, which keeps who did it."""
        services.delete_webhook(webhook=obj, actor=actor_of(request))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Let what was sent to a webhook go with it, though nobody deletes that by itself."""
        found, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return found, counts, set(), protected

    def get_fields(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        """Show whether it is active once it exists: a new one is."""
        return ["site", "name", "url"] + (["is_active", "created_at"] if obj else [])

    def get_readonly_fields(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        """Show when it was made."""
        return [*super().get_readonly_fields(request, obj), "created_at"]

    def response_add(
        self, request: HttpRequest, obj: Webhook, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in the answer itself: no cookie, session or address ever holds it."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"The webhook “{obj.name}” of {obj.site.name}",
            "opts": self.opts,
            "secret": request._armature_secret,  # type: ignore[attr-defined]
            "back": reverse("admin:experiments_webhook_changelist"),
        }
        answer = TemplateResponse(request, "admin/experiments/webhook_secret.html", context)
        answer.headers["Cache-Control"] = "no-store"
        return answer


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What became of each notice at each webhook."""

    view_action = Action.MANAGE
    list_display = ["notice", "webhook", "state", "attempts", "last_status", "next_at"]
    list_filter = ["webhook", "last_status"]
    list_select_related = ["notice", "webhook"]
    search_fields = ["notice__title", "webhook__name", "last_error"]
    show_full_result_count = False
    ordering = ["-id"]

    @display(
        description="State",
        label={"delivered": "success", "given up": "danger", "waiting": "info"},
    )
    def state(self, obj: Delivery) -> str:
        """Return whether it arrived, waits for its next try or was given up."""
        if obj.delivered_at:
            return "delivered"
        return "given up" if obj.given_up_at else "waiting"
