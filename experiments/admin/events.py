"""What happened, for reading: events, slates, exposures, the inbox and quarantine."""

from django.contrib import admin
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from unfold.decorators import display

from experiments.admin.base import ReadOnlyAdmin
from experiments.models import Event, Exposure, InboxBatch, Quarantine, Slate
from experiments.money import money_text
from experiments.web.events.urls import event_urls


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Applied events."""

    list_display = ["type", "occurred_at", "site", "visitor_id", "item_id", "value", "order_id"]
    list_filter = ["site", "type"]
    list_select_related = ["site"]
    search_fields = ["visitor_id", "order_id"]
    search_help_text = "A visitor or an order."
    show_full_result_count = False
    ordering = ["-id"]

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of everything that was received, applied or not."""
        return [*event_urls(self.admin_site), *super().get_urls()]

    @display(description="Value", ordering="amount")
    def value(self, obj: Event) -> str:
        """Return the amount in its currency."""
        return money_text(obj.amount, obj.currency or obj.site.currency)


@admin.register(Slate)
class SlateAdmin(ReadOnlyAdmin):
    """Served lists."""

    list_display = ["placement", "served_at", "site", "unit_id", "variant", "artifact", "fallback"]
    list_filter = ["site", "placement"]
    search_fields = ["visitor_id", "unit_id"]
    search_help_text = "A visitor."
    list_select_related = ["site", "variant"]
    show_full_result_count = False
    ordering = ["-id"]


@admin.register(Exposure)
class ExposureAdmin(ReadOnlyAdmin):
    """First exposures."""

    list_display = ["unit_id", "experiment", "phase", "variant", "first_at", "is_multiple"]
    list_filter = ["experiment", "is_multiple"]
    search_fields = ["unit_id"]
    list_select_related = ["experiment", "variant"]
    show_full_result_count = False
    ordering = ["-id"]


@admin.register(InboxBatch)
class InboxBatchAdmin(ReadOnlyAdmin):
    """Accepted, not yet applied."""

    list_display = ["id", "site", "kind", "received_at", "attempts"]
    list_select_related = ["site"]
    ordering = ["id"]


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnlyAdmin):
    """Refused events with their reasons; each is mended and replayed on a page of its own."""

    list_display = ["code", "field", "site", "received_at", "times", "event_id", "detail", "mend"]
    list_filter = ["site", "code"]
    list_select_related = ["site"]
    search_fields = ["event_id"]
    show_full_result_count = False
    ordering = ["-id"]

    @display(description="Replay")
    def mend(self, obj: Quarantine) -> str:
        """Return a link to the page that mends and replays it."""
        url = reverse("admin:experiments_event_quarantined", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', url, "replayed" if obj.replayed_at else "fix it")
