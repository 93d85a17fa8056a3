"""Signing in: who must, who may not, and what stops guessing."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

PASSWORD = "counting engines 1843"
LOGIN = "/accounts/login/"
REPORTS = (
    "/reports/",
    "/reports/home-test/",
    "/reports/home-test/results.csv",
    "/reports/home-test/results.json",
)


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", password=PASSWORD)


def attempt(client: Client, password: str, *, name: str = "ada", path: str = LOGIN) -> int:
    """Try to sign in; return the status."""
    return client.post(path, {"username": name, "password": password}).status_code


@pytest.mark.parametrize("path", REPORTS)
def test_report__asked_for_by_a_stranger__leads_to_the_login(path: str) -> None:
    draft_experiment(a_site())

    response = Client().get(path)

    assert response.status_code == 302
    assert response.headers["Location"] == f"{LOGIN}?next={path}"


def test_report__refreshed_by_a_stranger__leads_to_the_login() -> None:
    draft_experiment(a_site())

    response = Client().post("/reports/home-test/refresh/")

    assert response.headers["Location"].startswith(LOGIN)


def test_home__leads_to_the_reports() -> None:
    assert Client().get("/").headers["Location"] == "/reports/"


@pytest.mark.parametrize("path", ["/admin/", "/admin/experiments/site/", "/admin/auth/user/"])
def test_admin__asked_for_by_somebody_who_is_not_staff__leads_to_its_login(
    ada: User, path: str
) -> None:
    signed_in = Client()
    signed_in.force_login(ada)

    for client in (Client(), signed_in):
        response = client.get(path)
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/admin/login/")


def test_admin__of_staff_without_permission__shows_no_rows() -> None:
    staff = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    client = Client()
    client.force_login(staff)

    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/experiments/site/").status_code == 403


def test_login__with_the_right_password__leads_where_one_wanted_to_go(ada: User) -> None:
    client = Client()

    response = client.post(
        LOGIN, {"username": "ada", "password": PASSWORD, "next": "/reports/home-test/"}
    )

    assert response.headers["Location"] == "/reports/home-test/"
    assert client.get("/reports/").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_login__with_a_target_elsewhere__stays_here(ada: User, target: str) -> None:
    response = Client().post(LOGIN, {"username": "ada", "password": PASSWORD, "next": target})

    assert response.headers["Location"] == "/reports/"


def test_login__with_a_wrong_password__tells_nothing_about_the_name(ada: User) -> None:
    pages = [
        Client().post(LOGIN, {"username": name, "password": "wrong"}).content.decode()
        for name in ("ada", "nobody")
    ]

    said = [re.search(r'role="alert">.*?<div>(.+?)</div>', page, re.S) for page in pages]
    assert said[0] is not None
    assert said[1] is not None
    assert said[0][1] == said[1][1]


@pytest.mark.parametrize("path", [LOGIN, "/admin/login/"])
def test_login__guessed_again_and_again__is_locked_and_says_so(ada: User, path: str) -> None:
    client = Client()

    statuses = [
        attempt(client, f"guess {number}", path=path)
        for number in range(settings.AXES_FAILURE_LIMIT)
    ]
    locked = client.post(path, {"username": "ada", "password": PASSWORD})

    assert set(statuses[:-1]) == {200}
    assert statuses[-1] == locked.status_code == 429
    assert "Too many attempts" in locked.content.decode()
    assert "quarter of an hour" in locked.content.decode()
    assert client.get("/reports/").status_code == 302


def test_lock__of_a_name_from_one_address__stops_nobody_else(ada: User) -> None:
    User.objects.create_user("bob", password=PASSWORD)
    guesser, elsewhere = Client(), Client(REMOTE_ADDR="192.0.2.7")
    for number in range(settings.AXES_FAILURE_LIMIT):
        attempt(guesser, f"guess {number}")

    assert attempt(guesser, PASSWORD) == 429
    assert attempt(guesser, PASSWORD, name="bob") == 302
    assert attempt(elsewhere, PASSWORD) == 302


def test_lock__after_a_quarter_of_an_hour__is_open_again(ada: User) -> None:
    client = Client()
    for number in range(settings.AXES_FAILURE_LIMIT):
        attempt(client, f"guess {number}")
    past = timezone.now() - timedelta(minutes=16)
    AccessAttempt.objects.update(attempt_time=past)

    assert attempt(client, PASSWORD) == 302


def test_login__right_after_some_guesses__starts_the_count_anew(ada: User) -> None:
    client = Client()
    for _ in range(2):
        for number in range(settings.AXES_FAILURE_LIMIT - 1):
            attempt(client, f"guess {number}")
        assert attempt(client, PASSWORD) == 302
        client.logout()


@pytest.mark.parametrize("name", ["ada\x00", "a" * 500, "\ud83d", "' OR 1=1 --", ""])
def test_login__with_a_hostile_name__is_refused(ada: User, name: str) -> None:
    body = {"username": name.encode("utf-8", "surrogatepass"), "password": "x"}

    assert Client().post(LOGIN, body).status_code in {200, 400}


def test_login__without_the_forms_token__is_a_403(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)

    assert attempt(client, PASSWORD) == 403
    assert client.get("/reports/").status_code == 302


def test_logout__by_a_link__does_not_sign_out(ada: User) -> None:
    client = Client()
    client.force_login(ada)

    assert client.get("/accounts/logout/").status_code == 405
    assert client.get("/reports/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/reports/").status_code == 302


def test_session__of_a_person__opens_no_interface_for_machines(ada: User) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))

    assert client.get("/api/v1/items").status_code == 401
