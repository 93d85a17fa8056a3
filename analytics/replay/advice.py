"""What a replay's figures mean and what to do about them, in words."""

from dataclasses import dataclass

from analytics.stats.formats import number, p_value_text, percent, short_percent
from analytics.stats.results import Kind
from analytics.stats.validity.replays import LEAST_RUNS, AlarmEvidence, Erring, ReplayEvidence

STATES = {
    Erring.AS_DUE: "good",
    Erring.TOO_SELDOM: "warn",
    Erring.UNEVEN: "warn",
    Erring.TOO_OFTEN: "bad",
    Erring.UNKNOWN: "unknown",
}
CAP = (
    "A few large units decide it: set a cap on the metric (winsorise, e.g. at 0.999) or a lower one"
)
RATIO = (
    "Its denominator may be finer than the unit that is split: count per unit, or choose another"
    " denominator"
)
RARE = (
    "Too few units do it for the normal approximation: run longer, or choose a metric that more"
    " units move"
)
EVERYWHERE = (
    "If every metric errs too often, the split or the units are at fault, not a metric: look at the"
    " alarms of the split"
)


@dataclass(frozen=True, slots=True)
class Words:
    """A state, what it says and what to do; no action where all is well."""

    state: str
    text: str
    action: str = ""


def of_metric(evidence: ReplayEvidence, kind: Kind, *, is_exact: bool) -> Words:
    """Return what a metric's false claims say. `is_exact`: alpha is due, not merely allowed."""
    state = STATES[evidence.erring]
    if evidence.rate is None or evidence.interval is None or evidence.ks_p is None:
        return Words(
            state,
            f"Only {evidence.n_runs} splits could be tested; at least {LEAST_RUNS} are needed.",
            RARE + ".",
        )
    low, high = (percent(each) for each in (evidence.interval.low, evidence.interval.high))
    due = f"{'' if is_exact else 'at most '}{short_percent(evidence.alpha)} due"
    rate = f"{percent(evidence.rate)} false claims ({low} to {high}; {due})"
    text = f"{_said(evidence.erring)}: {rate}; uniformity p {p_value_text(evidence.ks_p)}."
    return Words(state, text, _action(evidence.erring, kind))


def _said(erring: Erring) -> str:
    return {
        Erring.AS_DUE: "Errs as it should",
        Erring.TOO_OFTEN: "Errs too often",
        Erring.TOO_SELDOM: "Errs too seldom",
        Erring.UNEVEN: "Its p-values are not spread evenly",
        Erring.UNKNOWN: "Cannot be judged",
    }[erring]


def _action(erring: Erring, kind: Kind) -> str:
    """Return what to do; that it errs too seldom costs power, and no verdict its truth."""
    if erring is Erring.AS_DUE:
        return ""
    likely = {Kind.MEAN: CAP, Kind.RATIO: RATIO, Kind.QUANTILE: RARE}.get(kind, RARE)
    if erring is Erring.TOO_OFTEN:
        return f"Do not decide by it as it is. {likely}. {EVERYWHERE}."
    return f"Its verdicts hold, but it finds less than it could. {likely}."


def of_alarms(evidence: AlarmEvidence) -> Words:
    """Return what the alarms of the split check say."""
    if evidence.n_runs == 0:
        return Words("unknown", "No split was made.")
    due = evidence.due * evidence.n_runs
    text = (
        f"{number(evidence.n_alarms)} of {number(evidence.n_runs)} splits were called broken;"
        f" {number(due, decimals=1)} are due at {evidence.due:g} each."
    )
    if not evidence.is_off:
        return Words("good", text)
    return Words(
        "bad",
        text,
        "The units do not fall into variants as configured: look for a change of weights, a seed"
        " that is shared with another split, or units that are lost on the way.",
    )
