"""What a verdict rests on and what could spoil it, as rows of claim and evidence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.stats.formats import number, p_value_text, percent
from analytics.web.charts import mark_of

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


STATE_TONES = {"good": "good", "warn": "warn", "bad": "bad", "unknown": "idle"}


@dataclass(frozen=True, slots=True)
class TableView:
    """The numbers behind a finding: every cell as text, with the name of its column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True, slots=True)
class FindingView:
    """One check with its evidence; `causes`: the likeliest first; `since`: when it was found."""

    tone: str
    claim: str
    evidence: str
    code: str = ""
    causes: tuple[str, ...] = ()
    action: str = ""
    table: TableView | None = None
    since: str = ""


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


def findings_of(results: Mapping[str, Any], when: Callable[[int], str]) -> tuple[FindingView, ...]:
    """Return every check of the data, the worst first; passed ones stay visible.

    `when`: how a moment is written. What the report itself found comes before what its counts say.
    """
    stored = [_stored(each, when) for each in results["findings"]]
    counted = (
        _split(results["split"]),
        _exposure(results["exposure"]),
        _no_shoppers(results),
        _fallback(results["variants"]),
        _loose(results),
    )
    codes = {each.code for each in stored}
    found = [*stored, *(each for each in counted if each.code not in codes)]
    return tuple(sorted(found, key=lambda each: WORST_FIRST.index(each.tone)))


def _stored(found: Mapping[str, Any], when: Callable[[int], str]) -> FindingView:
    table, since = found.get("table"), found.get("since_us")
    return FindingView(
        tone=STATE_TONES.get(found["state"], "idle"),
        claim=found["claim"],
        evidence=found["evidence"],
        code=found["code"],
        causes=tuple(found["causes"]),
        action=found["action"],
        table=_table(table) if table and table["rows"] else None,
        since=when(since) if since is not None and found["state"] in {"warn", "bad"} else "",
    )


def _table(table: Mapping[str, Any]) -> TableView:
    columns = tuple(table["columns"])
    rows = tuple(
        tuple((name, _cell(cell)) for name, cell in zip(columns, row, strict=False))
        for row in table["rows"]
    )
    return TableView(columns, rows)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, int) and not isinstance(value, bool):
        return number(value)
    return str(value)


def split_rows(results: Mapping[str, Any]) -> tuple[SplitRow, ...]:
    """Return units seen and due per variant."""
    split = results["split"]
    rows = zip(results["variants"], split["counts"], split["expected"], strict=True)
    return tuple(
        SplitRow(
            name=variant["name"],
            mark=mark_of(index),
            due=number(due),
            seen=number(seen),
            difference=number(seen - due, is_signed=True),
        )
        for index, (variant, seen, due) in enumerate(rows)
    )


def _split(split: Mapping[str, Any]) -> FindingView:
    if split["p_value"] is None:
        return FindingView("idle", "Sample ratio", NOBODY, code="split")
    tone = {"ok": "good", "warn": "warn"}.get(split["level"], "bad")
    claim = "Split as configured" if tone == "good" else "The split is not as configured"
    return FindingView(
        tone, claim, f"χ² p {p_value_text(split['p_value'])}; blocks below 0.001.", code="split"
    )


def _exposure(exposure: Mapping[str, Any]) -> FindingView:
    if not exposure["n_units"]:
        return FindingView("idle", "Units seen in two variants", NOBODY, code="multiple_exposure")
    tone = {"ok": "good", "warn": "warn"}.get(exposure["level"], "bad")
    share = percent(exposure["share"] or 0, decimals=2)
    text = (
        f"{number(exposure['n_multiple'])} of {number(exposure['n_units'])} ({share}), left out. "
        "Warns above 0.1 %, blocks above 1 %."
    )
    if exposure["is_biasing"]:
        text += " With an uneven split, leaving them out shifts the shares itself."
    return FindingView(tone, "Units seen in two variants", text, code="multiple_exposure")


def _no_shoppers(results: Mapping[str, Any]) -> FindingView:
    """Return how many units were left out as no shoppers; analyses of before counted none."""
    left_out: Mapping[str, int] = results.get("left_out") or dict.fromkeys(NO_SHOPPERS, 0)
    listed = ", ".join(
        f"{number(left_out.get(kind, 0))} {NO_SHOPPERS[kind]}" for kind in NO_SHOPPERS
    )
    total = sum(left_out.values())
    met = total + results["exposure"]["n_units"]
    if not met:
        return FindingView("idle", "Units that are no shoppers", NOBODY, code="no_shoppers")
    share = percent(total / met, decimals=2)
    text = f"{number(total)} ({share} of all), left out: {listed}."
    return FindingView(
        "info" if total else "good", "Units that are no shoppers", text, code="no_shoppers"
    )


def _fallback(variants: Sequence[Mapping[str, Any]]) -> FindingView:
    """Return how far variants differ in lists that something else answered."""
    shares = {v["name"]: v["fallbacks"] / v["slates"] for v in variants if v["slates"]}
    if not shares:
        return FindingView(
            "idle", "Fallback answers", "No list has been served yet.", code="fallback"
        )
    is_uneven = max(shares.values()) - min(shares.values()) > UNEQUAL_FALLBACK
    listed = ", ".join(f"{name} {percent(share)}" for name, share in shares.items())
    return FindingView(
        "warn" if is_uneven else "good",
        f"Fallback answered {'unequally' if is_uneven else 'equally'} often",
        f"{listed} of lists. Units stay in their variant.",
        code="fallback",
    )


def _loose(results: Mapping[str, Any]) -> FindingView:
    if not results["exposure"]["n_units"]:
        return FindingView("idle", "Events that count for no unit", NOBODY, code="unattributed")
    loose = results["unattributed"]
    text = f"{number(loose)} since the first exposure carry no {results['unit_type']} id."
    tone = "good" if loose == 0 else "info"
    return FindingView(tone, "Events that count for no unit", text, code="unattributed")
