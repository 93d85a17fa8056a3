"""API keys: the secret is shown on one page, once; a revoked key stays as a record."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from experiments import services
from experiments.admin.recorded import Recorded
from experiments.admin.steps import Step, StepsAdmin
from experiments.keys import DEFAULT_SECRET_SCOPES, SCOPES, create_api_key, revoke_api_key
from experiments.models import ApiKey
from experiments.roles import Action


class ApiKeyForm(forms.ModelForm):
    """A new key: its site, name, kind and scopes."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in sorted(SCOPES)],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Of a secret key; a publishable key may recommend, assign and send events.",
        initial=list(DEFAULT_SECRET_SCOPES),
    )

    class Meta:
        model = ApiKey
        fields = ["site", "name", "kind", "scopes"]

    def clean(self) -> dict[str, Any]:
        """Refuse a secret key that could do nothing."""
        data = super().clean() or {}
        if data.get("kind") == ApiKey.Kind.SECRET and not data.get("scopes"):
            self.add_error("scopes", "Choose what the key may do.")
        return data


def _revoke(key: ApiKey, actor: str, reason: str) -> str:
    if key.revoked_at is not None:
        return f"{key.name} was revoked already"
    revoked = revoke_api_key(key=key)
    services.record_change(
        site=key.site,
        subject=f"API key {key.name}",
        action="revoke",
        actor=actor,
        before={"revoked_at": None},
        after={"revoked_at": revoked.revoked_at},
        reason=reason,
    )
    return f"{key.name} is revoked: {reason}"


REVOKE = Step(
    name="revoke",
    label=lambda _row: "Revoke",
    question=lambda row: f"Revoke the key “{row.name}” of {row.site.name}?",
    consequences=lambda row: [
        f"Every call with {row.prefix}… is refused within five seconds.",
        "A shop that still uses it shows no recommendations and loses its events.",
        "It cannot be taken back; a new key has another secret.",
    ],
    run=_revoke,
    action=Action.MANAGE,
    is_possible=lambda row: row.revoked_at is None,
    needs_reason=True,
    tone="danger",
)


@admin.register(ApiKey)
class ApiKeyAdmin(Recorded, StepsAdmin):
    """Keys; the secret is shown once, right after it was made."""

    form = ApiKeyForm
    fields = ["site", "name", "kind", "scopes"]
    list_display = ["name", "site", "kind", "start", "state", "created_at", "last_used_at"]
    list_filter = ["site", "kind"]
    list_select_related = ["site"]
    search_fields = ["name", "prefix"]
    steps = (REVOKE,)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        """Show a key's traces once it exists."""
        facts = ["start", "created_at", "last_used_at", "revoked_at"]
        return self.fields if obj is None else [*self.fields, *facts]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        """Keys are replaced, never edited."""
        return [] if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Keys are replaced, never edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Keys are revoked, never deleted: their traces must stay explicable."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Make the key; its secret lives until the answer to this request."""
        request._armature_before = {}  # type: ignore[attr-defined]
        made, secret = create_api_key(
            site=obj.site, name=obj.name, kind=obj.kind, scopes=form.cleaned_data["scopes"]
        )
        obj.pk, obj.prefix, obj.digest = made.pk, made.prefix, made.digest
        obj.scopes = made.scopes
        request._armature_secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in the answer itself: no cookie, session or address ever holds it."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"The key “{obj.name}” of {obj.site.name}",
            "opts": self.opts,
            "secret": request._armature_secret,  # type: ignore[attr-defined]
            "key": obj,
            "back": reverse("admin:experiments_apikey_changelist"),
        }
        answer = TemplateResponse(request, "admin/experiments/secret.html", context)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @display(description="Starts with")
    def start(self, obj: ApiKey) -> str:
        """Return the part of the key that is kept in clear."""
        return f"{obj.prefix}…"

    @display(description="State", label={"active": "success", "revoked": "danger"})
    def state(self, obj: ApiKey) -> str:
        """Return whether the key is accepted."""
        return "revoked" if obj.revoked_at else "active"
