"""A page that stands alone: nothing in it leads out, fetches or runs."""

import pytest

from analytics.exports.standing import standing_alone


@pytest.mark.parametrize(
    ("page", "alone"),
    [
        ('<a class="x" href="/out?a=1&amp;b">go</a>', '<span class="x">go</span>'),
        ('<a href="#on">here</a>', '<a href="#on">here</a>'),
        ("<p>a<script>if (a < b) { x('</p>') }</script>b</p>", "<p>ab</p>"),
        ('<form action="/go"><button>Go</button></form><p>then</p>', "<p>then</p>"),
        ('<link rel="stylesheet" href="/a.css"><base href="/"><p>x</p>', "<p>x</p>"),
        ('<p onclick="go()" title="&quot;&lt;b&gt;">x</p>', '<p title="&quot;&lt;b&gt;">x</p>'),
        ('<img src="//evil/x.png" alt="x">', '<img alt="x">'),
        (
            '<svg><use href="#m-1"/><use href="//evil#x"/></svg>',
            '<svg><use href="#m-1"/><use/></svg>',
        ),
        ("<p>&lt;script&gt; &amp;amp; &#8239;</p>", "<p>&lt;script&gt; &amp;amp; &#8239;</p>"),
        ("<!doctype html><p>x</p>", "<!doctype html><p>x</p>"),
    ],
)
def test_page__standing_alone__keeps_its_words_and_nothing_that_leads_out(
    page: str, alone: str
) -> None:
    assert standing_alone(page) == alone
