"""What the set-up's pages post, step by step."""

from typing import Any

from django.test import Client

from experiments.models import Experiment

NEW = "/admin/experiments/experiment/add/"


def step_url(experiment: Experiment, slug: str) -> str:
    """Return the address of a step."""
    return f"/admin/experiments/experiment/{experiment.pk}/setup/{slug}/"


def post_step(
    client: Client, experiment: Experiment, slug: str, data: dict[str, Any], **more: Any
) -> Any:
    """Post a step on the version that is stored now, unless `version` says another."""
    version = Experiment.objects.values_list("version", flat=True).get(pk=experiment.pk)
    return client.post(step_url(experiment, slug), {"version": version, "go": "", **data, **more})


def rows(prefix: str, *posted: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """Return posted rows of a formset."""
    data: dict[str, Any] = {
        f"{prefix}-TOTAL_FORMS": len(posted),
        f"{prefix}-INITIAL_FORMS": initial,
    }
    for index, row in enumerate(posted):
        data |= {f"{prefix}-{index}-{name}": value for name, value in row.items()}
    return data


def question(site: Any, **changed: Any) -> dict[str, Any]:
    """Return the first step as posted for the site's home page."""
    return {
        "name": "Home test",
        "key": "",
        "change": "the list fits the shopper",
        "metric": "conversion",
        "direction": "increase",
        "because": "it is personal",
        "where": f"placement:{site.placements.get(key='home').pk}",
        "owner": "",
        "template": "",
        "recommender": "",
        "artifact": "",
    } | changed


CONTROL = {"name": "Control", "key": "control", "recommender": "popularity", "shown": "popularity"}
TREATMENT = {"name": "Treatment", "key": "treatment", "recommender": "random", "shown": "random"}


def variants(*posted: dict[str, Any], initial: int = 2, control: str = "0") -> dict[str, Any]:
    """Return the variants' step as posted."""
    return {**rows("variants", *posted, initial=initial), "control": control}


def traffic(**changed: Any) -> dict[str, Any]:
    """Return the traffic's step as posted for a control and a treatment."""
    return {
        "share": "50",
        "ramp": "",
        "steps": "",
        "hours": "24",
        "needs_guardrails": "on",
        "weight_control": "1",
        "weight_treatment": "1",
    } | changed


def audience(*, prerequisites: Any = (), overrides: Any = (), **changed: Any) -> dict[str, Any]:
    """Return the audience's step as posted."""
    return {
        "eligibility": "",
        "unit_type": "visitor",
        "fallback_unit_type": "",
        **rows("prerequisites", *prerequisites),
        **rows("overrides", *overrides),
    } | changed


def duration(**changed: Any) -> dict[str, Any]:
    """Return the duration's step as posted."""
    return {
        "planned_days": "28",
        "ends_on": "",
        "lift": "5",
        "monitoring": "always_valid",
        "window_days": "14",
        "planned_units": "",
    } | changed


def errors_of(answer: Any) -> str:
    """Return every error that the answered page shows."""
    found = []
    for name in ("form", "start", "variants", "prerequisites", "overrides", "waiver", "launch"):
        part = answer.context.get(name)
        if part is not None and hasattr(part, "errors"):
            found.append(str(part.errors))
            found.append(str(getattr(part, "non_form_errors", lambda: "")()))
    return " ".join([*found, str(answer.context.get("problem", ""))])
