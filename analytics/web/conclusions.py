"""What may be said of one row: nothing is concluded, or coloured, before the verdict allows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.stats.formats import number, percent
from analytics.web.texts import p_text

STATUS_WORDS = {
    "insufficient_data": "Too few units",
    "zero_variance": "Every unit has the same value",
    "zero_baseline": "Control is zero: no relative lift",
    "unbounded": "Control is too close to zero for a relative range",
    "zero_denominator": "Nothing to divide by",
}
WARNING_WORDS = {
    "small_sample": "few units or conversions",
    "unequal_split": "uneven split",
    "one_zero_variance": "one variant does not vary",
    "skewed": "skewed values",
}
GUARDRAIL_WORDS = {
    "holds": ("good", "Within limit"),
    "open": ("idle", "Not shown to hold yet"),
    "exceeded": ("bad", "Beyond the limit"),
}
NOT_YET = {
    "withheld": "Withheld",
    "no_data": "No data yet",
    "do_not_read_yet": "Not to be read yet",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How a report's figures may be read, given its verdict."""

    state: str
    monitoring: str
    named: str | None
    verdict: Mapping[str, Any]

    @classmethod
    def of(cls, results: Mapping[str, Any]) -> "Reading":
        """Return how the figures of these results may be read."""
        verdict = results.get("verdict") or {}
        return cls(
            state=verdict.get("state", ""),
            monitoring=results["monitoring"],
            named=verdict.get("treatment_key"),
            verdict=verdict,
        )

    @property
    def is_concluded(self) -> bool:
        """Tell whether a conclusion may be coloured."""
        return self.state not in {*NOT_YET, "keep_running"}

    @property
    def hides_p(self) -> bool:
        """Tell whether p-values would only tempt: a fixed horizon is read once."""
        return self.state in NOT_YET and self.monitoring == "fixed"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The tone of a row's bar, its icon, its words and what stands in small print below them."""

    tone: str
    icon: str
    words: str
    notes: tuple[str, ...]


def judged_guardrail(
    reading: Reading, metric: Mapping[str, Any], treatment: str
) -> Mapping[str, Any] | None:
    """Return what the verdict says of a guardrail, None for another metric."""
    if metric["role"] != "guardrail":
        return None
    for judged in reading.verdict.get("treatments", []):
        for guardrail in judged["guardrails"] if judged["key"] == treatment else []:
            if guardrail["key"] == metric["key"]:
                found: Mapping[str, Any] = guardrail
                return found
    return None


def conclude(
    compared: Mapping[str, Any],
    metric: Mapping[str, Any],
    reading: Reading,
    judged: Mapping[str, Any] | None,
) -> Conclusion:
    """Return what may be said of one treatment's metric."""
    if too_few := compared.get("too_few"):
        words = f"Too few units ({number(too_few['n'])} of {number(too_few['least'])})"
        return Conclusion("idle", "idle", words, ())
    warnings = tuple(WARNING_WORDS.get(code, code) for code in compared["warnings"])
    if judged is not None and metric["margin"]:
        return _of_guardrail(judged, reading, warnings)
    tone, words = _of_effect(compared, metric["direction"], reading)
    p_value = "" if reading.hides_p else p_text(compared)
    return Conclusion(tone, tone, words, tuple(note for note in (p_value, *warnings) if note))


def _of_effect(compared: Mapping[str, Any], direction: str, reading: Reading) -> tuple[str, str]:
    if compared["status"] != "ok":
        return "idle", STATUS_WORDS.get(compared["status"], compared["status"])
    if reading.state in NOT_YET:
        return "idle", NOT_YET[reading.state]
    is_clear = compared["p_value"] is not None and compared["p_value"] < compared["alpha"]
    adjusted = compared["p_adjusted"]
    if not is_clear:
        return "idle", "Not told apart from zero"
    if adjusted is not None and adjusted >= compared["alpha"]:
        return "idle", "Not told apart from zero after adjustment"
    has_risen = compared["effect"] > 0
    word = "rise" if has_risen else "fall"
    if not reading.is_concluded:
        return "idle", f"A {word} so far"
    return ("good" if has_risen == (direction == "up") else "bad"), f"A {word}, clear of zero"


def _standing(judged: Mapping[str, Any], reading: Reading) -> tuple[str, str]:
    """Return icon and words; what only watches and shows nothing is not said to hold."""
    if reading.state in NOT_YET:
        return "idle", NOT_YET[reading.state]
    finding = judged["finding"]
    if judged["state"] == "holds" and not finding["is_shown"]:
        words = STATUS_WORDS.get(finding["status"], "No harm seen, nor ruled out")
        return "idle", words
    return GUARDRAIL_WORDS[judged["state"]]


def _of_guardrail(
    judged: Mapping[str, Any], reading: Reading, warnings: tuple[str, ...]
) -> Conclusion:
    """Return where a guardrail stands; its bar stays hollow until it is wholly beyond the limit."""
    icon, words = _standing(judged, reading)
    worst = judged["finding"]["worst_lift"]
    notes = (f"at worst {percent(worst, is_signed=True)}",) if worst is not None else ()
    return Conclusion("bad" if icon == "bad" else "idle", icon, words, (*notes, *warnings))
