"""The checks themselves: from what was seen of an artifact to findings, each with its demand."""

from dataclasses import dataclass

from recommenders.gate.examining import LIST, Examination
from recommenders.gate.findings import Finding, State
from recommenders.gate.quality import BASELINE, FEWEST, Judgement

COVERAGE = 0.01  # of the catalogue, over the lists of all examined units
TRAIN_BEHIND = "Train popularity, or name a fallback: it answers those that this one does not know."


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged. `unloadable`: why it cannot be opened, "" when it can.

    `behind`: the artifact that answers units this one does not know, "" for none.
    """

    algorithm: str
    unloadable: str
    behind: str
    examination: Examination | None
    judgement: Judgement


def checks(subject: Subject, *, budget_ms: float) -> list[Finding]:
    """Return all findings; of an artifact that cannot be opened only that.

    `budget_ms`: what a request for a list may take.
    """
    seen = subject.examination
    if subject.unloadable or seen is None:
        return [_opens(subject.unloadable or "it was not examined")]
    return [
        _opens(""),
        _is_finite(seen),
        _has_no_duplicates(seen),
        _fills_lists(seen),
        _answers_strangers(seen, subject.behind),
        _covers(seen),
        _is_fast(seen, budget_ms),
        beats_popularity(subject.algorithm, subject.judgement),
    ]


def _finding(
    code: str,
    name: str,
    passed: bool,
    found: str,
    demanded: str,
    fix: str,
    *,
    is_hard: bool = False,
) -> Finding:
    state = State.PASSED if passed else State.FAILED
    return Finding(code, name, state, found, demanded, "" if passed else fix, is_hard)


def _opens(why: str) -> Finding:
    return _finding(
        "opens",
        "Opens as it was written",
        not why,
        why or "every checksum agrees",
        "files whose checksums are those of the registry",
        "Train it anew; if it happens again, look at the disk.",
        is_hard=True,
    )


def _is_finite(seen: Examination) -> Finding:
    bad = f"{seen.silent} of {seen.n_units} known units get no score that is a number"
    found = "a score is beyond what a number can hold" if seen.infinite else bad
    passed = not seen.infinite and not seen.silent
    return _finding(
        "finite",
        "Scores are numbers",
        passed,
        "all are" if passed else found,
        "a finite score for every unit it was trained with",
        "Look at its settings (a learning rate that is too high?) and at its data.",
        is_hard=True,
    )


def _has_no_duplicates(seen: Examination) -> Finding:
    return _finding(
        "duplicates",
        "No item twice in a list",
        not seen.repeated,
        f"{seen.repeated} stands twice in one list" if seen.repeated else "none",
        "lists of different items",
        "Train it on a catalogue whose ids are unique.",
        is_hard=True,
    )


def _fills_lists(seen: Examination) -> Finding:
    demanded = min(LIST, seen.n_items)
    return _finding(
        "items",
        "Enough items",
        not seen.n_units or seen.shortest >= demanded,
        f"the shortest list has {seen.shortest} items" if seen.n_units else "it knows no unit yet",
        f"lists of {demanded} items for every unit it was trained with",
        "Train it on more interactions, or let it score more items.",
    )


def _answers_strangers(seen: Examination, behind: str) -> Finding:
    itself = seen.for_stranger > 0
    through = not seen.claims_strangers and bool(behind)
    if itself:
        found = f"{seen.for_stranger} items for a unit nobody has seen"
    else:
        found = f"{behind} answers for it" if through else "nothing for a unit nobody has seen"
    says = "says that it can" if seen.claims_strangers else "says that it cannot"
    return _finding(
        "cold_units",
        "Strangers get a list",
        itself or through,
        found,
        f"items of its own, or an artifact behind it; it {says}",
        "Correct what it declares (COLD_UNITS)." if seen.claims_strangers else TRAIN_BEHIND,
    )


def _covers(seen: Examination) -> Finding:
    demanded = _wanted_coverage(seen)
    found = f"{seen.shown:,} different items in {seen.n_units:,} lists"
    of = f"{demanded:,} of {seen.n_items:,} items"
    name, fix = "Covers the catalogue", "Look at regularisation and popularity weights."
    if not seen.is_personal:
        return Finding("coverage", name, State.EXEMPT, found, "none: its list is one for all")
    if seen.n_units < FEWEST:
        why = f"{found}; fewer than {FEWEST} units are known"
        return Finding("coverage", name, State.UNKNOWN, why, of, "Wait for more visitors.")
    return _finding("coverage", name, seen.shown >= demanded, found, of, fix)


def _wanted_coverage(seen: Examination) -> int:
    """Return 1 % of the catalogue, and no less than twice a list where it has that many items."""
    return min(max(2 * LIST, round(COVERAGE * seen.n_items)), seen.n_items // 2)


def _is_fast(seen: Examination, budget_ms: float) -> Finding:
    return _finding(
        "latency",
        "Within the time of a request",
        seen.slow_ms <= budget_ms,
        f"{seen.slow_ms:.1f} ms for 99 of 100 lists",
        f"{budget_ms:g} ms",
        "Fewer factors, neighbours or candidates; or precompute its lists.",
    )


def beats_popularity(algorithm: str, judgement: Judgement) -> Finding:
    """Return whether the whole interval of the gain over popularity lies above zero."""
    code, name = "beats_popularity", "Better than popularity"
    demanded = "NDCG@10 above popularity's, by the whole 95 % interval"
    if algorithm == BASELINE:
        return Finding(code, name, State.EXEMPT, "it is popularity", "none: it is the baseline")
    gain = judgement.gain
    if gain is None:
        fix = "Wait for more interactions, or promote it by hand and say why."
        return Finding(code, name, State.UNKNOWN, judgement.missing, demanded, fix)
    found = (
        f"{judgement.candidate:.4f} against {judgement.baseline:.4f}: {gain.difference:+.4f}"
        f" ({gain.low:+.4f} to {gain.high:+.4f}, {gain.n_units:,} units)"
    )
    fix = "Other settings, more data; or promote it by hand and say why."
    return _finding(code, name, gain.is_better, found, demanded, fix)
