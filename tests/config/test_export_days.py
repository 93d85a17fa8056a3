"""`export_days`: what it writes and says, and what it refuses."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from experiments.models import Event, ExportedDay
from tests.experiments.retention.past import days_ago, keeping_site, store_events

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("export_days", *arguments, stdout=out)
    return out.getvalue()


def test_export_days__some_days__writes_them_and_drops_nothing() -> None:
    store_events(keeping_site(), 3, 5)

    said = run("shop", "--from", days_ago(4))

    assert f"events {days_ago(3)}: 3 rows" in said
    assert "1 days were written" in said
    assert list(ExportedDay.objects.values_list("day", flat=True)) == [days_ago(3)]
    assert Event.objects.count() == 6


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(("nowhere",), "no site 'nowhere'"), (("shop", "--to", "yesterday"), "2026-11-20")],
)
def test_export_days__what_cannot_be__is_refused(arguments: tuple[str, ...], reason: str) -> None:
    keeping_site()

    with pytest.raises(CommandError, match=reason):
        run(*arguments)
