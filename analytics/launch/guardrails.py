"""What is checked of guardrails before a launch: that each says how much may be lost."""

from analytics.models import Metric
from analytics.selectors import metrics_of
from experiments.models import Experiment
from experiments.registries import Check


def guardrail_checks(experiment: Experiment) -> list[Check]:
    """Return the check of the guardrails' margins; the site's own, which nobody chose, only warn.

    Without a margin a guardrail is watched for plain harm and holds no launch back, which may be
    meant, so the check may be waived.
    """
    chosen = [each for each in metrics_of(experiment) if each.role == Metric.Role.GUARDRAIL]
    without = [each.metric.name for each in chosen if each.margin is None and not each.is_default]
    return [
        Check(
            "Every guardrail says how much may be lost",
            not without,
            f"no margin: {', '.join(without)}" if without else _margins(len(chosen)),
            "Give it a margin, such as 0.02; without one only plain harm is noticed.",
            code="guardrail_margin",
            is_hard=False,
            link="metrics",
        )
    ]


def _margins(n: int) -> str:
    return "each has a margin, or is the site's own" if n else "no guardrail was chosen"
