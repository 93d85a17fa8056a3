"""Past experiments and what was decided about them, to be found again."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from experiments.models import DecisionRecord, Experiment, Site

FIELDS = (
    "name",
    "key",
    "hypothesis",
    "hypothesis_change",
    "hypothesis_because",
    "decision_record__reason",
    "decision_record__follow_up",
    "decision_record__outcome",
    "decision_record__shipped_variant__name",
)
MOST_WORDS = 12  # each is one more condition on every row


def library(sites: Iterable[Site] | QuerySet[Site], search: str = "") -> QuerySet[Experiment]:
    """Return the decided experiments of sites, the latest decision first.

    `search`: every word has to occur in the name, key, hypothesis, reason, outcome or follow-up.
    """
    rows = Experiment.objects.filter(site__in=sites, decision_record__isnull=False)
    for word in search.replace("\x00", " ").split()[:MOST_WORDS]:
        rows = rows.filter(_holds(word))
    return rows.select_related(
        "site", "placement", "owner", "decision_record__shipped_variant"
    ).order_by("-decision_record__at", "-id")


def _holds(word: str) -> Q:
    return reduce(or_, (Q(**{f"{field}__icontains": word}) for field in FIELDS), _outcome(word))


def _outcome(word: str) -> Q:
    """Return the outcomes whose words hold this one: 'shipped' finds those that won."""
    outcomes = DecisionRecord.Outcome.choices
    found = [value for value, text in outcomes if word.lower() in str(text).lower()]
    return Q(decision_record__outcome__in=found)
