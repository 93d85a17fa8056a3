"""A test of variants that show the same: what its verdict means, and that no gain is one."""

from collections.abc import Mapping
from typing import Any

from analytics.web.faces import Said
from experiments.models import Experiment

EXPECTED = frozenset({"not_told_apart", "within_mde"})
CHANCE = (
    "Variants that show the same should not differ; by chance alone one such test in twenty does. "
    "Repeat it: if a difference comes again, the measurement makes it."
)


def is_alike(experiment: Experiment) -> bool:
    """Return whether every variant names the same parameters, as in an A/A test.

    Variants without any are no A/A test: the storefront may go by their keys.
    """
    shown = [variant.parameters for variant in experiment.variants.all()]
    return len(shown) > 1 and bool(shown[0]) and all(each == shown[0] for each in shown)


def said_of_alike(told: Said, verdict: Mapping[str, Any]) -> Said:
    """Return what an A/A test says: a difference is an alarm, none is what was hoped for."""
    if verdict.get("state") in {"ship", "stop"}:
        return Said("warn", "A difference in an A/A test", told.sentence, CHANCE)
    is_expected = EXPECTED.issuperset(verdict.get("reasons") or {"none given"})
    if is_expected and verdict["state"] in {"inconclusive", "no_meaningful_gain"}:
        sentence = "Variants that show the same were not told apart, as it should be."
        return Said("good", "No difference found", sentence, told.sentence)
    return told
