"""How the admin looks: its names, its icons and the product's own colours."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Armature",
    "SITE_HEADER": "Armature",
    "SITE_URL": reverse_lazy("reports:list"),
    "SITE_ICON": {
        "light": lambda request: static("admin/logo.svg"),
        "dark": lambda request: static("admin/logo-dark.svg"),
    },
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("admin/logo.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [
        lambda request: static("css/tokens.css"),
        lambda request: static("admin/armature.css"),
    ],
    "DASHBOARD_CALLBACK": "experiments.admin.overview.overview",
    "SIDEBAR": {"navigation": "config.navigation.sidebar"},
    "BORDER_RADIUS": "8px",
    # The neutrals and the violet of static/css/tokens.css, on the theme's scale.
    "COLORS": {
        "base": {
            "50": "#f7f7f4",
            "100": "#f1f1ed",
            "200": "#e4e4de",
            "300": "#b9bec6",
            "400": "#979da6",
            "500": "#62676f",
            "600": "#474c54",
            "700": "#3d444d",
            "800": "#2a2f36",
            "900": "#16191d",
            "950": "#0f1114",
        },
        "primary": {
            "50": "#ededfb",
            "100": "#e2e2f8",
            "200": "#cfcff5",
            "300": "#b3b5ff",
            "400": "#a9abff",
            "500": "#a9abff",
            "600": "#4345b8",
            "700": "#393b9e",
            "800": "#2f3184",
            "900": "#25264a",
            "950": "#1a1b38",
        },
    },
}
