"""People at the admin, and what their browser posts."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from experiments.models import Experiment, Site

BACKEND = "django.contrib.auth.backends.ModelBackend"
ADD = "/admin/experiments/experiment/add/"


def signed_in(user: User, **kwargs: Any) -> Client:
    """Return a client of this user."""
    client = Client(**kwargs)
    client.force_login(user, backend=BACKEND)
    return client


def superuser(name: str = "ada") -> User:
    """Return an account that may do everything."""
    return User.objects.create_superuser(name)


def variant_rows(*rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """Return the posted rows of the variants."""
    data: dict[str, Any] = {
        "variants-TOTAL_FORMS": len(rows),
        "variants-INITIAL_FORMS": initial,
        "variants-MIN_NUM_FORMS": 2,
        "variants-MAX_NUM_FORMS": 10,
        "metrics-TOTAL_FORMS": 0,
        "metrics-INITIAL_FORMS": 0,
    }
    for index, row in enumerate(rows):
        data |= {f"variants-{index}-{name}": value for name, value in row.items()}
    return data


CONTROL = {
    "name": "Control",
    "key": "control",
    "recommender": "popularity",
    "weight": 1,
    "is_control": "on",
}
TREATMENT = {"name": "Treatment", "key": "treatment", "recommender": "random", "weight": 1}


def posted(site: Site, *rows: dict[str, Any], initial: int = 0, **changed: Any) -> dict[str, Any]:
    """Return what the experiment form posts for the site's home page, apart from what changed."""
    fields = {
        "name": "Home test",
        "key": "home-test",
        "hypothesis": "If we change the list, then revenue rises, because it fits.",
        "placement": site.placements.get(key="home").pk,
        "share": 50,
        "unit_type": "visitor",
        "eligibility": "",
        "window_days": 14,
        "planned_days": 14,
        "monitoring": "always_valid",
        "planned_units": "",
        "lift": "5",
    }
    return fields | variant_rows(*(rows or (CONTROL, TREATMENT)), initial=initial) | changed


def saved_rows(experiment: Experiment) -> list[dict[str, Any]]:
    """Return the variants as the form shows them again."""
    rows = []
    for variant in experiment.variants.order_by("id"):
        row = {
            "id": variant.pk,
            "experiment": experiment.pk,
            "name": variant.name,
            "key": variant.key,
            "recommender": variant.parameters.get("recommender", ""),
            "weight": variant.weight,
        }
        rows.append(row | ({"is_control": "on"} if variant.is_control else {}))
    return rows


def change_url(experiment: Experiment) -> str:
    """Return the address of the experiment's page."""
    return f"/admin/experiments/experiment/{experiment.pk}/change/"


def errors_of(answer: Any) -> str:
    """Return every error of the form and its rows as one text."""
    context = answer.context
    texts = [str(context["adminform"].form.errors)]
    for inline in context["inline_admin_formsets"]:
        texts += [str(inline.formset.errors), str(inline.formset.non_form_errors())]
    return " ".join(texts)
