"""Who may call what: keys, their scopes, their life, their origins, their site."""

from datetime import UTC, datetime, timedelta

import pytest

from experiments.api.keys import CHALLENGE
from experiments.errors import InvalidInput
from experiments.keys import PUBLISHABLE_SCOPES, SCOPES, create_api_key, digest_of, revoke_api_key
from experiments.models import ApiKey, Site
from tests.callers import Caller, caller_for, key_for, problem_of, refusal
from tests.experiments.api.endpoints import STOREFRONT, WITH_BODY, Endpoint
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

READS = {
    "list of items": "items",
    "list of experiments": "experiments",
    "experiment": "experiments/home-test",
    "list of analyses": "experiments/home-test/analyses",
    "analysis": "analyses/1",
}
EVERY_CALL = {
    **{name: (e.method, e.path, e.scope) for name, e in WITH_BODY.items()},
    **{name: ("GET", path, path.split("/")[0]) for name, path in READS.items()},
    "list of analyses": ("GET", READS["list of analyses"], "analyses"),
    "request of an analysis": ("POST", READS["list of analyses"], "analyses"),
}
every_call = pytest.mark.parametrize(
    ("method", "path", "scope"), EVERY_CALL.values(), ids=[n.replace(" ", "-") for n in EVERY_CALL]
)


@pytest.fixture
def site() -> Site:
    site = a_site()
    draft_experiment(site)
    return site


@every_call
def test_call__without_a_valid_key__is_a_401(
    site: Site, method: str, path: str, scope: str
) -> None:
    gone, secret = create_api_key(site=site, name="gone")
    revoke_api_key(key=gone)
    late, expired = create_api_key(site=site, name="late")
    late.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    late.save()
    headers = {
        "none": {},
        "empty": {"Authorization": "Bearer "},
        "unknown": {"Authorization": "Bearer sk_unknown"},
        "another scheme": {"Authorization": f"Basic {secret}"},
        "the prefix": {"X-API-Key": gone.prefix},
        "the digest": {"X-API-Key": gone.digest},
        "NUL": {"X-API-Key": "sk_\x00"},
        "no ASCII": {"X-API-Key": "sk_\xff\xe9"},
        "huge": {"X-API-Key": "k" * 100_000},
        "revoked": {"Authorization": f"Bearer {secret}"},
        "expired": {"Authorization": f"Bearer {expired}"},
    }

    responses = {name: Caller(**given).send(method, path) for name, given in headers.items()}

    codes = {name: refusal(response)[1] for name, response in responses.items()}
    missing = dict.fromkeys(("none", "empty", "another scheme"), "missing_key")
    assert codes == dict.fromkeys(headers, "invalid_key") | missing
    assert {response.status_code for response in responses.values()} == {401}
    challenges = {response.headers["WWW-Authenticate"] for response in responses.values()}
    assert challenges == set(CHALLENGE.values())


@every_call
def test_call__with_every_scope_but_its_own__is_a_403(
    site: Site, method: str, path: str, scope: str
) -> None:
    response = caller_for(site, *(SCOPES - {scope})).send(method, path)

    problem = problem_of(response)
    assert (problem["status"], problem["code"]) == (403, "missing_scope")
    assert scope in problem["detail"]
    assert problem["hint"]


@every_call
def test_call__with_a_publishable_key__may_do_no_more_than_a_browser(
    site: Site, method: str, path: str, scope: str
) -> None:
    row, secret = create_api_key(site=site, name="shop", kind=ApiKey.Kind.PUBLISHABLE)
    row.scopes = sorted(SCOPES)  # as if somebody had edited the row
    row.save()

    response = Caller(secret).send(method, path)

    assert (response.status_code == 403) == (scope not in PUBLISHABLE_SCOPES)


def test_key__stored__is_only_a_digest(site: Site) -> None:
    row, secret = create_api_key(site=site, name="server")

    stored = ApiKey.objects.filter(pk=row.pk).values().get()

    assert secret not in str(stored)
    assert stored["digest"] == digest_of(secret)
    assert len(secret) >= 46
    assert secret.startswith("sk_")
    assert row.prefix == secret[:10]


def test_keys__made_twice__differ(site: Site) -> None:
    assert key_for(site) != key_for(site)


def test_key__with_an_unknown_scope__is_refused(site: Site) -> None:
    with pytest.raises(InvalidInput, match="unknown scope 'admin'"):
        create_api_key(site=site, name="server", scopes=["events", "admin"])


def test_key__publishable__has_a_browsers_scopes_whatever_was_asked(site: Site) -> None:
    row, secret = create_api_key(
        site=site, name="shop", kind=ApiKey.Kind.PUBLISHABLE, scopes=["items"]
    )

    assert set(row.scopes) == PUBLISHABLE_SCOPES
    assert secret.startswith("pk_")


def test_key__revoked__is_refused_at_the_next_call_and_marked(site: Site) -> None:
    row, secret = create_api_key(site=site, name="server")
    caller = Caller(secret)
    before = caller.get("items").status_code

    revoke_api_key(key=row)

    assert before == 200
    assert caller.get("items").status_code == 401
    row.refresh_from_db()
    first = row.revoked_at
    assert first is not None
    assert revoke_api_key(key=row).revoked_at == first


def test_key__until_it_expires__is_valid(site: Site) -> None:
    row, secret = create_api_key(site=site, name="server")
    row.expires_at = datetime.now(UTC) + timedelta(hours=1)
    row.save()

    assert Caller(secret).get("items").status_code == 200


def test_key__in_the_other_header__is_taken(site: Site) -> None:
    assert Caller(**{"X-API-Key": key_for(site)}).get("items").status_code == 200


@pytest.mark.parametrize("endpoint", STOREFRONT.values(), ids=STOREFRONT)
def test_key__in_the_address__is_taken_when_publishable_only(
    site: Site, endpoint: Endpoint
) -> None:
    public = key_for(site, kind=ApiKey.Kind.PUBLISHABLE)
    private = key_for(site)
    nobody = Caller()

    taken = nobody.post(f"{endpoint.path}?key={public}", endpoint.body, content_type="text/plain")
    refused = nobody.post(f"{endpoint.path}?key={private}", endpoint.body)

    assert taken.status_code in {200, 202}, taken.content
    assert refusal(refused) == (401, "invalid_key", None)
