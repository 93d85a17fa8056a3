"""What a verdict rests on and what could spoil it, as rows of claim and evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.stats.formats import number, p_value_text, percent

UNEQUAL_FALLBACK = 0.01  # of slates; a larger gap between variants is worth a look
CRITERION_TONES = {"met": "good", "not_met": "bad", "open": "idle", "withheld": "warn"}
CRITERION_WORDS = {
    "data": "Data can be trusted",
    "primary": "Primary metric",
    "guardrails": "Guardrails",
    "size": "Planned size",
}
NO_SHOPPERS = {"bot": "bots", "outlier": "with too many events", "internal": "internal"}
NOBODY = "No unit has been exposed yet."
WORST_FIRST = ("bad", "warn", "info", "idle", "good")


@dataclass(frozen=True, slots=True)
class FindingView:
    """One check with its evidence."""

    tone: str
    claim: str
    evidence: str


@dataclass(frozen=True, slots=True)
class SplitRow:
    """A variant's units beside those its weight called for."""

    name: str
    mark: int
    due: str
    seen: str
    difference: str


def criteria_of(verdict: Mapping[str, Any]) -> tuple[FindingView, ...]:
    """Return the four tests that a verdict rests on."""
    return tuple(
        FindingView(
            CRITERION_TONES.get(each["state"], "idle"),
            CRITERION_WORDS.get(each["code"], str(each["code"]).replace("_", " ").capitalize()),
            each["detail"],
        )
        for each in verdict.get("criteria", [])
    )


def findings_of(results: Mapping[str, Any]) -> tuple[FindingView, ...]:
    """Return every check of the data, the worst first; passed ones stay visible."""
    found = (
        _split(results["split"]),
        _exposure(results["exposure"]),
        _no_shoppers(results),
        _fallback(results["variants"]),
        _loose(results),
    )
    return tuple(sorted(found, key=lambda each: WORST_FIRST.index(each.tone)))


def split_rows(results: Mapping[str, Any]) -> tuple[SplitRow, ...]:
    """Return units seen and due per variant."""
    split = results["split"]
    rows = zip(results["variants"], split["counts"], split["expected"], strict=True)
    return tuple(
        SplitRow(
            name=variant["name"],
            mark=min(index, 4),
            due=number(due),
            seen=number(seen),
            difference=number(seen - due, is_signed=True),
        )
        for index, (variant, seen, due) in enumerate(rows)
    )


def _split(split: Mapping[str, Any]) -> FindingView:
    if split["p_value"] is None:
        return FindingView("idle", "Sample ratio", NOBODY)
    tone = {"ok": "good", "warn": "warn"}.get(split["level"], "bad")
    claim = "Split as configured" if tone == "good" else "The split is not as configured"
    return FindingView(tone, claim, f"χ² p {p_value_text(split['p_value'])}; blocks below 0.001.")


def _exposure(exposure: Mapping[str, Any]) -> FindingView:
    if not exposure["n_units"]:
        return FindingView("idle", "Units seen in two variants", NOBODY)
    tone = {"ok": "good", "warn": "warn"}.get(exposure["level"], "bad")
    share = percent(exposure["share"] or 0, decimals=2)
    text = (
        f"{number(exposure['n_multiple'])} of {number(exposure['n_units'])} ({share}), left out. "
        "Warns above 0.1 %, blocks above 1 %."
    )
    if exposure["is_biasing"]:
        text += " With an uneven split, leaving them out shifts the shares itself."
    return FindingView(tone, "Units seen in two variants", text)


def _no_shoppers(results: Mapping[str, Any]) -> FindingView:
    """Return how many units were left out as no shoppers; analyses of before counted none."""
    left_out: Mapping[str, int] = results.get("left_out") or dict.fromkeys(NO_SHOPPERS, 0)
    listed = ", ".join(
        f"{number(left_out.get(kind, 0))} {NO_SHOPPERS[kind]}" for kind in NO_SHOPPERS
    )
    total = sum(left_out.values())
    met = total + results["exposure"]["n_units"]
    if not met:
        return FindingView("idle", "Units that are no shoppers", NOBODY)
    share = percent(total / met, decimals=2)
    text = f"{number(total)} ({share} of all), left out: {listed}."
    return FindingView("info" if total else "good", "Units that are no shoppers", text)


def _fallback(variants: Sequence[Mapping[str, Any]]) -> FindingView:
    """Return how far variants differ in lists that something else answered."""
    shares = {v["name"]: v["fallbacks"] / v["slates"] for v in variants if v["slates"]}
    if not shares:
        return FindingView("idle", "Fallback answers", "No list has been served yet.")
    is_uneven = max(shares.values()) - min(shares.values()) > UNEQUAL_FALLBACK
    listed = ", ".join(f"{name} {percent(share)}" for name, share in shares.items())
    return FindingView(
        "warn" if is_uneven else "good",
        f"Fallback answered {'unequally' if is_uneven else 'equally'} often",
        f"{listed} of lists. Units stay in their variant.",
    )


def _loose(results: Mapping[str, Any]) -> FindingView:
    if not results["exposure"]["n_units"]:
        return FindingView("idle", "Events that count for no unit", NOBODY)
    loose = results["unattributed"]
    text = f"{number(loose)} since the first exposure carry no {results['unit_type']} id."
    tone = "good" if loose == 0 else "info"
    return FindingView(tone, "Events that count for no unit", text)
