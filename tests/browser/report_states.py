"""Reports in every state that the page has a face for, made by the real code from small rows."""

from collections.abc import Callable, Mapping

from analytics.models import Analysis, Metric
from analytics.services import request_analysis
from experiments.models import Experiment, Exposure
from experiments.services import VariantDraft
from tests.analytics.rows import Shares, a_run
from tests.analytics.web.reports import BETTER, EVEN, NOBODY, analyse
from tests.analytics.web.rich import a_rich_run
from tests.factories import a_site, draft_experiment

HOSTILE = '"><script>document.title="taken"</script>'
WORSE = {"control": BETTER["treatment"], "treatment": BETTER["control"]}
ZEROS = {"control": Shares(520, 0, 0), "treatment": Shares(520, 0, 0)}


def _missing() -> None:
    draft_experiment(a_site())


def _computing() -> None:
    waiting = request_analysis(experiment=a_run(BETTER))
    told = {"status": "computing", "stage": "reading the metrics", "share": 0.4}
    Analysis.objects.filter(pk=waiting.pk).update(**told)


def _failed() -> None:
    experiment = a_run(BETTER)
    analyse(experiment)
    request_analysis(experiment=experiment)
    error = "OperationalError: " + "canceling_statement_due_to_statement_timeout" * 5
    Analysis.objects.filter(status="queued").update(status="failed", error=error)


def _stale() -> None:
    analyse(a_run(BETTER))
    Experiment.objects.update(window_days=3, mde=0.2)


def _multiple() -> None:
    experiment = a_run(BETTER)
    # Spread over variants and days: else those would look uneven too.
    some = Exposure.objects.filter(experiment=experiment).order_by("id")[::30]
    Exposure.objects.filter(pk__in=[each.pk for each in some]).update(is_multiple=True)
    analyse(experiment)


def _ten() -> None:
    drafts = [VariantDraft(key="control", name="Control", is_control=True)]
    drafts += [VariantDraft(key=f"t{n}", name=f"Treatment {n}") for n in range(1, 10)]
    behaviour = {"control": Shares(510, 0.2)}
    behaviour |= {f"t{n}": Shares(510, 0.18 + 0.01 * n) for n in range(1, 10)}
    analyse(a_run(behaviour, variants=drafts))


def _alike() -> None:
    same = {"recommender": "popularity"}
    drafts = [
        VariantDraft(key="control", name="Popularity", is_control=True, parameters=same),
        VariantDraft(key="treatment", name="Popularity again", parameters=same),
    ]
    analyse(a_run(EVEN, variants=drafts))


def _differing() -> None:
    experiment = a_run(BETTER)
    experiment.variants.update(parameters={"recommender": "popularity"})
    analyse(experiment)


def _win() -> None:
    analyse(a_rich_run())


def _broken() -> None:
    experiment = a_run(BETTER)
    Metric.objects.filter(key="ctr").update(numerator={"source": "nowhere"})
    analyse(experiment)


def _run(behaviour: Mapping[str, Shares], **fields: object) -> Callable[[], None]:
    def make() -> None:
        analyse(a_run(behaviour, **fields))  # type: ignore[arg-type]

    return make


def _hostile() -> None:
    experiment = a_rich_run(
        site=a_site(name=HOSTILE, is_simulated=True),
        hypothesis=HOSTILE,
        variants=[
            VariantDraft(key="control", name=HOSTILE, is_control=True),
            VariantDraft(key="hybrid", name=HOSTILE),
            VariantDraft(key="diverse", name=f"{HOSTILE} again"),
        ],
    )
    Metric.objects.update(name=HOSTILE)
    Experiment.objects.update(name=HOSTILE)
    analyse(experiment)


# By name: what makes the state, the page's face, and words that its reader meets first.
STATES: dict[str, tuple[Callable[[], None], str, str]] = {
    "missing": (_missing, "missing", "Not started"),
    "computing": (_computing, "computing", "40\u202f% done"),
    "empty": (_run(NOBODY, has_ended=False), "empty", "No unit has been exposed so far."),
    "failed": (_failed, "failed", "Try again"),
    "stale": (_stale, "stale", "the smallest lift worth detecting"),
    "srm": (_run(BETTER | {"control": Shares(400, 0.2)}), "ready", "Verdict withheld"),
    "multiple": (_multiple, "ready", "Verdict withheld"),
    "win": (_win, "ready", "Ship Hybrid"),
    "loss": (_run(WORSE), "ready", "Stop, do not ship"),
    "inconclusive": (_run(EVEN), "ready", "Inconclusive"),
    "keep": (_run(EVEN, has_ended=False, planned_days=28, mde=0.05), "ready", "Keep running"),
    "early": (_run(EVEN, has_ended=False, days=3), "ready", "Do not read yet"),
    "fixed": (_run(EVEN, days=9, has_ended=False, monitoring="fixed"), "ready", "fixed horizon"),
    "a-a": (_alike, "ready", "not told apart, as it should be"),
    "a-a-differs": (_differing, "ready", "A difference in an A/A test"),
    "ten": (_ten, "ready", "with any of 9 treatments"),
    "one": (_run({"control": Shares(1, 0), "treatment": Shares(0, 0)}), "ready", "too few units"),
    "zeros": (_run(ZEROS), "ready", "every unit has the same value"),
    "broken": (_broken, "ready", "could not be computed"),
    "hostile": (_hostile, "ready", "Ship"),
}
