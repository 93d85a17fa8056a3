"""The product manager's screen: an experiment with its variants, its traffic and its life."""

from typing import Any

from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from experiments import services
from experiments.admin.base import is_editable
from experiments.admin.experiment_form import ExperimentForm
from experiments.admin.experiment_steps import END, PAUSE, START
from experiments.admin.panel import day_text, panel_of, report_url
from experiments.admin.steps import StepsAdmin
from experiments.admin.variants import FIRST_ROWS, StatusChangeInline, VariantInline
from experiments.models import Experiment, Variant
from experiments.roles import Action

ALWAYS_OPEN = ("name", "hypothesis")
SECTIONS: list[tuple[str | None, dict[str, Any]]] = [
    ("1 · The question", {"fields": ["name", "key", "hypothesis"]}),
    (
        "2 · Where, and who takes part",
        {"fields": ["placement", "share", "unit_type", "eligibility"]},
    ),
    (
        "3 · How it is read",
        {"fields": ["planned_days", "window_days", "monitoring", "planned_units", "lift"]},
    ),
]


@admin.register(Experiment)
class ExperimentAdmin(StepsAdmin):
    """Set up, start, pause and end an experiment."""

    action = Action.EDIT
    form = ExperimentForm
    list_display = ["name", "state", "placement_name", "site", "progress", "report"]
    list_filter = ["site", "status"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}
    inlines = [VariantInline, StatusChangeInline]
    steps = (START, PAUSE, END)
    change_form_outer_before_template = "admin/experiments/_panel.html"
    list_select_related = ["site", "placement"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        """Fetch what every page of an experiment shows; a form's save waits for a start."""
        rows = super().get_queryset(request).select_related("site", "placement__layer", "own_layer")
        if request.method == "POST" and connection.in_atomic_block:
            return rows.select_for_update(of=("self",))
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Freeze what would change who sees what, or what was planned, once it has started."""
        if is_editable(obj):
            return []
        shown = [name for _title, options in SECTIONS for name in options["fields"]]
        return [name for name in self._as_shown(shown) if name not in ALWAYS_OPEN]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the sections; what the form computes is computed back once it is frozen."""
        if obj is None or (is_editable(obj) and self.has_change_permission(request, obj)):
            return SECTIONS
        return [
            (title, {"fields": self._as_shown(options["fields"])}) for title, options in SECTIONS
        ]

    @staticmethod
    def _as_shown(names: list[str]) -> list[str]:
        computed = {"share": "share_held", "lift": "lift_planned", "eligibility": "audience"}
        return [computed.get(name, name) for name in names]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill the key from the name of a new experiment."""
        return {} if obj else self.prepopulated_fields

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the history once there is one."""
        has_history = obj is not None and obj.status_changes.exists()
        return [each for each in self.inlines if has_history or each is not StatusChangeInline]

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Any, inline: Any, prefix: str
    ) -> dict[str, Any]:
        """Prefill the first two variants of a new experiment."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if obj.pk is None and isinstance(inline, VariantInline) and request.method == "GET":
            kwargs["initial"] = [dict(row) for row in FIRST_ROWS]
        return kwargs

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what never ran may be deleted."""
        return is_editable(obj) and bool(super().has_delete_permission(request, obj))

    def save_model(self, request: HttpRequest, obj: Experiment, form: Any, change: bool) -> None:
        """Save the experiment; a new one gets its seed, an editable one its buckets."""
        if not change:
            obj.seed = services.new_seed(obj.key)
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        if "share" in form.cleaned_data and is_editable(obj):
            services.allocate(experiment=obj, buckets=form.cleaned_data["share"] * 100)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Keep the order in which the variants stand on the page."""
        super().save_formset(request, form, formset, change)
        if formset.model is Variant:
            for position, variant in enumerate(form.instance.variants.order_by("id")):
                variant.position = position
                variant.save(update_fields=["position"])

    def response_post_save_add(self, request: HttpRequest, obj: Experiment) -> HttpResponse:
        """Go to the new experiment's page, where its checks and the start are."""
        return redirect("admin:experiments_experiment_change", obj.pk)

    def response_post_save_change(self, request: HttpRequest, obj: Experiment) -> HttpResponse:
        """Stay on the experiment's page, where its checks and the start are."""
        return redirect("admin:experiments_experiment_change", obj.pk)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show one Save: it stays on the page, and a second experiment starts from the list."""
        one = {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), **one}
        )

    def panel(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Return the state, the checks, the bars and the buttons."""
        return {**super().panel(request, obj), "panel": panel_of(obj)}

    @display(
        description="State",
        ordering="status",
        label={"running": "info", "paused": "warning", "scheduled": "info", "review": "warning"},
    )
    def state(self, obj: Experiment) -> str:
        """Return the status."""
        return obj.status

    @display(description="Placement", ordering="placement__name")
    def placement_name(self, obj: Experiment) -> str:
        """Return the placement without its key."""
        return obj.place

    @display(description="Run", ordering="started_at")
    def progress(self, obj: Experiment) -> str:
        """Return how far the run is."""
        return day_text(obj)

    @display(description="Report")
    def report(self, obj: Experiment) -> SafeString | str:
        """Return a link to the report of what has started."""
        if obj.started_at is None:
            return "–"
        return format_html('<a href="{}">Report</a>', report_url(obj))

    @display(description="Share of units")
    def share_held(self, obj: Experiment) -> str:
        """Return the buckets that the experiment was lent."""
        row = getattr(obj, "allocation", None)
        if row is None:
            return "–"
        return f"{(row.stop - row.start) / 100:g} % (buckets {row.start}–{row.stop} of 10,000)"

    @display(description="Smallest lift worth detecting")
    def lift_planned(self, obj: Experiment) -> str:
        """Return the planned lift in per cent."""
        return "–" if obj.mde is None else f"{100 * obj.mde:g} %"

    @display(description="Only units with")
    def audience(self, obj: Experiment) -> str:
        """Return the condition, or that there is none."""
        return str(obj.eligibility) if obj.eligibility else "no condition: everybody"
