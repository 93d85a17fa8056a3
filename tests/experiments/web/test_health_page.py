"""The health page: the worst first, each with its fix, and the equation written out."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape

from experiments.models import Tally
from experiments.services import create_site
from tests.experiments.admin.filled import EVIL
from tests.experiments.admin.forms import signed_in, superuser
from tests.factories import a_site, member

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/experiments/experiment/health/"


def text(client: Client) -> str:
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    return answer.content.decode()


def test_page__with_counts__writes_the_equation_out() -> None:
    site = a_site()
    Tally.objects.create(site=site, slot=1, accepted=12_345, refused=7)
    Tally.objects.create(
        site=site, slot=0, applied=12_340, duplicates=4, newest_us=1_764_000_000_000_000
    )

    page = text(signed_in(superuser()))

    assert "12,345" in page
    assert "12,340 applied + 4 duplicate + 0 quarantined + 0 dropped + 0 waiting" in page
    assert "1 missing" in page.lower()


def test_page__of_checks__has_the_worst_first_each_with_its_fix() -> None:
    a_site()

    page = text(signed_in(superuser()))

    assert page.index("· failed") < page.index("· fine")
    assert "./armature up" in page


def test_page__for_a_viewer_of_one_site__shows_no_other() -> None:
    here, there = a_site("here"), a_site("there")

    page = text(signed_in(member(here, "viewer")))

    assert f'<th scope="row">{here.name}</th>' in page
    assert f'<th scope="row">{there.name}</th>' not in page


def test_page__without_a_role__shows_nothing() -> None:
    site = a_site()

    page = text(signed_in(User.objects.create_user("nora", is_staff=True)))

    assert site.name not in page
    assert "There is no site that you may look at" in page


def test_page__of_a_hostile_name__escapes_it() -> None:
    create_site(slug="evil", name=EVIL)

    page = text(signed_in(superuser()))

    assert EVIL not in page
    assert escape(EVIL) in page
