"""A real Chromium looking at a real server. What pages are checked for is in `screens.py`.

`open_page(view)` opens a page; `signed_in_page` is one for an operator, once per view. Both fail
the test on an error in the console and on a request to another host.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.screens import VIEWS, Problems, View

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
HEIGHT = 900
PATIENCE_MS = 30_000

OpenPage = Callable[..., Page]


def browser_path() -> str:
    """Return the installed Chromium; skips without one, or fails where all must be there."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is not None:
        return found
    missing = f"no Chromium is installed (looked for {', '.join(BROWSERS)})"
    if os.environ.get("ARMATURE_REQUIRE_ALL"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Yield the browser; one per module, so that its event loop never runs in other tests."""
    path = browser_path()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # That loop belongs to the tests' thread, where Django would refuse every query.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=VIEWS, ids=str)
def view(request: pytest.FixtureRequest) -> View:
    """Return each width and colour scheme in turn."""
    found: View = request.param
    return found


@pytest.fixture
def operator(transactional_db: None) -> User:
    """Return an account that may do everything."""
    return User.objects.create_superuser("ada", "ada@shop.example", "a long password of hers")


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer) -> Iterator[OpenPage]:
    """Yield a function that opens a page; `user` is signed in, `expected` errors are let pass.

    `scripts`: whether the browser runs any.
    """
    contexts: list[BrowserContext] = []
    problems = Problems(live_server.url)

    def open_(
        view: View = VIEWS[0],
        *,
        user: User | None = None,
        expected: str = "",
        scripts: bool = True,
    ) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": view.width, "height": HEIGHT},
            color_scheme=view.scheme,
            reduced_motion="reduce",
            locale="en-GB",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if user is not None:
            context.add_cookies([_session_of(user, live_server.url)])
        page = context.new_page()
        problems.watch(page, expected=expected)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems.found == []


@pytest.fixture
def signed_in_page(open_page: OpenPage, operator: User, view: View) -> Page:
    """Return an operator's page, in every view."""
    return open_page(view, user=operator)


def _session_of(user: User, url: str) -> Any:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}
