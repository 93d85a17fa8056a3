"""Declared bots are known by what the kept list knows, and nobody else is."""

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from experiments.traffic.agents import LIBRARY, is_declared_bot

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/120.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.0)",
        CHROME.replace("Chrome/", "HeadlessChrome/"),
    ],
)
def test_agent__that_says_it_is_a_bot__is_one(agent: str) -> None:
    assert is_declared_bot(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "",
        CHROME,
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15"
        " (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 10; Cubot X19) AppleWebKit/537.36 Chrome/110 Mobile Safari",
        "okhttp/4.9.3",
        "curl/8.5.0",
        "MyShop/1.0 CFNetwork/1404 Darwin/22.3.0",
        "analytics-python/2.2.2",
        "\x00\ud800",
    ],
)
def test_agent__of_a_browser_an_app_or_a_developer__is_none(agent: str) -> None:
    assert not is_declared_bot(agent)


def test_agents__of_which_the_list_gives_examples__are_all_found() -> None:
    known = [each for each in CRAWLER_USER_AGENTS_DATA if each["tags"] != [LIBRARY]]
    examples = [agent for each in known for agent in each["instances"]]

    missed = [agent for agent in examples if not is_declared_bot(agent)]

    assert len(examples) > 1000
    assert len(missed) <= len(examples) / 100, missed[:5]
