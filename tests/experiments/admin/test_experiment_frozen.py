"""After the start the form changes nothing that decides who sees what, nor what was planned."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from experiments.models import Experiment
from tests.experiments.admin.forms import (
    change_url,
    errors_of,
    posted,
    saved_rows,
    signed_in,
    superuser,
    variant_rows,
)
from tests.factories import a_site, draft_experiment, running_experiment

pytestmark = pytest.mark.django_db


def test_running__posted_with_other_traffic__changes_name_and_hypothesis_alone() -> None:
    site = a_site()
    experiment = running_experiment(site, allocation=2_500)
    before: dict[str, Any] = dict(Experiment.objects.values().get(pk=experiment.pk))
    client = signed_in(superuser())
    data = posted(
        site,
        *[row | {"weight": 9} for row in saved_rows(experiment)],
        initial=2,
        name="New name",
        share=100,
        window_days=3,
        eligibility='{"country": "DE"}',
        placement=site.placements.get(key="cart").pk,
    )

    answer = client.post(change_url(experiment), data | _history_rows(experiment))

    assert answer.status_code == 302, errors_of(answer)

    after: dict[str, Any] = dict(Experiment.objects.values().get(pk=experiment.pk))
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"name", "hypothesis"}
    assert {variant.weight for variant in experiment.variants.all()} == {1}
    experiment.allocation.refresh_from_db()
    assert experiment.allocation.stop == 2_500


def test_running__saved_as_its_page_posts_it__keeps_the_plan() -> None:
    site = a_site()
    experiment = running_experiment(site, mde=0.05)
    client = signed_in(superuser())
    data = {"name": "New name", "hypothesis": ""} | variant_rows(initial=0)

    answer = client.post(change_url(experiment), data | _history_rows(experiment))

    assert answer.status_code == 302, errors_of(answer)
    saved = Experiment.objects.get(pk=experiment.pk)
    assert (saved.name, saved.mde) == ("New name", pytest.approx(0.05))


def _history_rows(experiment: Experiment) -> dict[str, Any]:
    """Return the management form of the history, which is posted though nothing can change it."""
    count = experiment.status_changes.count()
    prefix = "status_changes"
    rows: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": count, f"{prefix}-INITIAL_FORMS": count}
    for index, change in enumerate(experiment.status_changes.all()):
        rows |= {
            f"{prefix}-{index}-id": change.pk,
            f"{prefix}-{index}-experiment": experiment.pk,
        }
    return rows


def test_draft__being_saved__holds_the_row_so_that_no_start_is_undone() -> None:
    if not connection.features.has_select_for_update:
        pytest.skip("this database locks whole transactions, not rows")
    site = a_site()
    experiment = draft_experiment(site)
    client = signed_in(superuser())

    with CaptureQueriesContext(connection) as captured:
        client.post(change_url(experiment), posted(site, *saved_rows(experiment), initial=2))

    read = next(q["sql"] for q in captured if 'FROM "experiments_experiment"' in q["sql"])
    assert 'FOR UPDATE OF "experiments_experiment"' in read
