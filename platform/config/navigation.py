"""The staff screens' menu: every room's tables, by what people come to do."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

Entry = tuple[str, str, str]  # title, app_label.model, icon
GROUPS: list[tuple[str, list[Entry]]] = [
    (
        "Experiments",
        [
            ("Experiments", "experiments.experiment", "science"),
            ("Notices", "experiments.notice", "notifications"),
        ],
    ),
    (
        "Catalogue & recommenders",
        [
            ("Items", "recommenders.item", "inventory_2"),
            ("Recommenders", "recommenders.recommender", "auto_awesome"),
            ("Artifacts", "recommenders.artifact", "deployed_code"),
            ("Merchandising rules", "recommenders.merchandisingrule", "push_pin"),
            ("Static lists", "recommenders.staticlist", "format_list_numbered"),
        ],
    ),
    (
        "Metrics & analyses",
        [
            ("Metrics", "analytics.metric", "straighten"),
            ("Analyses", "analytics.analysis", "query_stats"),
        ],
    ),
    (
        "What happened",
        [
            ("Applied events", "experiments.event", "bolt"),
            ("Served lists", "experiments.slate", "view_list"),
            ("Exposures", "experiments.exposure", "visibility"),
            ("Inbox", "experiments.inboxbatch", "inbox"),
            ("Quarantine", "experiments.quarantine", "report"),
        ],
    ),
    (
        "Set-up",
        [
            ("Sites", "experiments.site", "storefront"),
            ("API keys", "experiments.apikey", "key"),
            ("Webhooks", "experiments.webhook", "webhook"),
            ("Deliveries", "experiments.delivery", "outgoing_mail"),
            ("Layers", "experiments.layer", "layers"),
            ("Placements", "experiments.placement", "place_item"),
            ("Holdouts", "experiments.holdout", "do_not_disturb_on"),
            ("Flagged units", "experiments.flaggedunit", "smart_toy"),
        ],
    ),
    (
        "People",
        [
            ("Accounts", "auth.user", "person"),
            ("Roles", "experiments.membership", "badge"),
            ("Groups", "auth.group", "group"),
            ("Failed sign-ins", "axes.accessattempt", "lock"),
        ],
    ),
]


# Pages of a group that are no table of their own: title, name of the address, icon.
PAGES: dict[str, list[Entry]] = {
    "Experiments": [
        ("Library", "admin:experiments_experiment_library", "menu_book"),
        ("Who holds which buckets", "admin:experiments_experiment_layers", "view_column"),
        ("Look up a unit", "admin:experiments_experiment_unit", "person_search"),
        ("Subjects", "admin:experiments_experiment_subjects", "shield_person"),
    ],
    "Catalogue & recommenders": [
        ("Registry", "recommenders:registry", "inventory"),
        ("Compare lists", "recommenders:compare", "compare"),
    ],
    "What happened": [
        ("Events, live", "admin:experiments_event_received", "stream"),
        ("Health", "admin:experiments_experiment_health", "monitor_heart"),
    ],
}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu's groups with what this person may look at."""
    start = [
        {"title": "Overview", "icon": "home", "link": reverse("admin:index")},
        {"title": "Reports", "icon": "lab_profile", "link": reverse("reports:list")},
    ]
    groups: list[dict[str, Any]] = [{"title": "", "items": start}]
    for title, entries in GROUPS:
        items = [_item(entry) for entry in entries if _may_view(request, entry[1])]
        if items:
            items += [_page(page) for page in PAGES.get(title, ())]
            groups.append({"title": title, "items": items})
    _mark_current(request.path, [item for group in groups for item in group["items"]])
    return groups


def _mark_current(path: str, items: list[dict[str, Any]]) -> None:
    """Mark the one entry whose address is nearest above the page's.

    The theme by itself marks every entry above it, so "Experiments" beside "Subjects".
    """
    above = [item["link"] for item in items if path.startswith(item["link"])]
    nearest = max(above, key=len, default="")
    for item in items:
        is_home = item["link"] == reverse("admin:index")
        item["active"] = item["link"] == nearest and (path == nearest or not is_home)


def _item(entry: Entry) -> dict[str, Any]:
    title, model, icon = entry
    return {
        "title": title,
        "icon": icon,
        "link": reverse(f"admin:{model.replace('.', '_')}_changelist"),
    }


def _page(entry: Entry) -> dict[str, Any]:
    title, name, icon = entry
    return {"title": title, "icon": icon, "link": reverse(name)}


def _may_view(request: HttpRequest, model: str) -> bool:
    screen = admin.site.get_model_admin(apps.get_model(model))
    return screen.has_view_permission(request)
