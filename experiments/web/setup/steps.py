"""The steps of the set-up in their order, and how far an experiment has come in each."""

from dataclasses import dataclass

from experiments.models import Allocation, Experiment
from experiments.web.setup.audience import AudiencePage
from experiments.web.setup.checks import Checklist, ChecksPage
from experiments.web.setup.duration import DurationPage
from experiments.web.setup.metrics import MetricsPage
from experiments.web.setup.page import StepPage
from experiments.web.setup.question import QuestionPage, primary_of
from experiments.web.setup.review import ReviewPage
from experiments.web.setup.traffic import TrafficPage
from experiments.web.setup.variants import VariantsPage

PAGES: dict[str, StepPage] = {
    page.slug: page
    for page in (
        QuestionPage(),
        VariantsPage(),
        TrafficPage(),
        AudiencePage(),
        MetricsPage(),
        DurationPage(),
        ChecksPage(),
        ReviewPage(),
    )
}
ORDER = tuple(PAGES)
LATE = ("checks", "review")  # looked through on their own pages alone: that takes a moment


@dataclass(frozen=True, slots=True)
class StepLink:
    """A step in the list beside the page; `tone`: cur, done, bad or todo."""

    slug: str
    title: str
    tone: str
    note: str


def steps_of(
    experiment: Experiment | None, current: str, checklist: Checklist | None = None
) -> list[StepLink]:
    """Return the steps with what is missing in each; of a new experiment only the first is open.

    `checklist`: where the page looked through the checks, what they said.
    """
    gaps = gaps_of(experiment) if experiment else {}
    if checklist is not None:
        gaps["checks"] = _check_gap(checklist)
    return [_link(page, current, gaps, is_new=experiment is None) for page in PAGES.values()]


def _link(page: StepPage, current: str, gaps: dict[str, str], *, is_new: bool) -> StepLink:
    gap = gaps.get(page.slug, "")
    if page.slug == current:
        return StepLink(page.slug, page.title, "cur", "you are here")
    if is_new or (page.slug in LATE and page.slug not in gaps):
        return StepLink(page.slug, page.title, "todo", "not yet")
    if gap:
        return StepLink(page.slug, page.title, "bad", gap)
    return StepLink(page.slug, page.title, "done", "complete")


def gaps_of(experiment: Experiment) -> dict[str, str]:
    """Return, per step, what is still missing: a look, where the launch checks look through."""
    variants = list(experiment.variants.all())
    controls = sum(variant.is_control for variant in variants)
    found = {
        "question": "no hypothesis" * (not experiment.hypothesis_change),
        "variants": _variant_gap(len(variants), controls),
        "traffic": "no share" * (not Allocation.objects.filter(experiment=experiment).exists()),
        "metrics": "none decides" * (primary_of(experiment) is None),
    }
    return {slug: gap for slug, gap in found.items() if gap}


def _variant_gap(variants: int, controls: int) -> str:
    if variants < 2:
        return "two are needed"
    return "" if controls == 1 else "no control"


def _check_gap(checklist: Checklist) -> str:
    left = len(checklist.blocking) or len(checklist.open_warnings)
    return f"{left} to mend" * bool(checklist.blocking) or f"{left} to waive" * bool(left)


def neighbours_of(slug: str) -> tuple[StepPage | None, StepPage | None]:
    """Return the steps before and after one."""
    place = ORDER.index(slug)
    before = PAGES[ORDER[place - 1]] if place else None
    after = PAGES[ORDER[place + 1]] if place + 1 < len(ORDER) else None
    return before, after


def first_open(experiment: Experiment) -> str:
    """Return the step at which work goes on: the first with a gap, else the review."""
    gaps = gaps_of(experiment)
    return next((slug for slug in ORDER if gaps.get(slug)), "review")
