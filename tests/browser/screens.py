"""What every screen is checked for: nothing overflows, nothing is clipped, nobody is shut out."""

import os
from dataclasses import dataclass, field
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request

GRAVE = {"serious", "critical"}
# The admin's theme cuts what is longer than its line in the account's name and the menu's search.
ADMIN_MAY_CLIP = "pre, #nav-sidebar-inner, #header-inner"
# The menu and rows of fields scroll inside themselves.
ADMIN_MAY_SCROLL = "pre, textarea, #nav-sidebar, [data-simplebar]"
SETTLING_MS = 300  # the theme's own transitions
SHOTS = os.environ.get("ARMATURE_SHOTS", "")


@dataclass(frozen=True, slots=True)
class View:
    """A width in pixels and a colour scheme."""

    width: int
    scheme: Literal["light", "dark"]

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


VIEWS = (View(1280, "light"), View(400, "light"), View(1280, "dark"), View(400, "dark"))


@dataclass(slots=True)
class Problems:
    """What a page complained about, and what it asked of other hosts."""

    url: str
    found: list[str] = field(default_factory=list)

    def watch(self, page: Page, *, expected: str = "") -> None:
        """Collect the page's problems; messages that hold `expected` are none."""

        def on_console(message: ConsoleMessage) -> None:
            if message.type == "error" and not (expected and expected in message.text):
                self.found.append(f"console: {message.text} ({message.location})")

        def on_request(request: Request) -> None:
            if not request.url.startswith((self.url, "data:", "blob:", "about:")):
                self.found.append(f"request to another host: {request.url}")

        page.on("console", on_console)
        page.on("request", on_request)
        page.on("pageerror", lambda error: self.found.append(f"script: {error}"))


# Boxes that stick out to a side of the window; `may` lists what may scroll inside itself.
OVERFLOWING = """(may) => {
  const name = (e) => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '')
    + (e.getAttribute('class') ? '.' + e.getAttribute('class').trim().split(/\\s+/).join('.') : '');
  const root = document.scrollingElement, width = root.clientWidth, out = [];
  if (root.scrollWidth > width) out.push(`the page: ${root.scrollWidth} > ${width}`);
  for (const e of document.body.querySelectorAll('*')) {
    if (!e.checkVisibility() || (may && e.closest(may))) continue;
    if (e.closest('.sr, .sr-only, .skip')) continue;
    const scrolls = ['auto', 'scroll'].includes(getComputedStyle(e).overflowX);
    if (scrolls && e.scrollWidth > e.clientWidth + 1)
      out.push(`${name(e)} scrolls sideways: ${e.scrollWidth} > ${e.clientWidth}`);
    // What sticks out of a cell lies on its neighbour's text.
    if (e.matches('td, th, dd') && e.scrollWidth > e.clientWidth + 1)
      out.push(`${name(e)} “${e.textContent.trim().slice(0, 40)}” sticks out of its cell`);
    const box = e.getBoundingClientRect();
    if (box.width && box.height && (box.right > width + 1 || box.left < -1))
      out.push(`${name(e)} reaches from ${box.left | 0} to ${box.right | 0} of ${width}`);
  }
  return out;
}"""

# Texts of which a part lies outside a box that hides what sticks out of it.
CLIPPED = """(may) => {
  const out = [], range = document.createRange();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, parent = text.parentElement;
    if (!text.data.trim() || !parent.checkVisibility() || (may && parent.closest(may))) continue;
    if (parent.closest('script, style, option, .sr, .sr-only, .skip')) continue;
    range.selectNodeContents(text);
    for (let box = parent; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box), hides = (v) => v === 'hidden' || v === 'clip';
      const [inX, inY] = [hides(style.overflowX), hides(style.overflowY)];
      if (!inX && !inY) continue;
      const edge = box.getBoundingClientRect();
      for (const r of range.getClientRects()) {
        const cut = inX && (r.right > edge.right + 1 || r.left < edge.left - 1)
          || inY && (r.bottom > edge.bottom + 2 || r.top < edge.top - 2);
        if (cut) out.push(`“${text.data.trim().slice(0, 60)}” in ${box.tagName.toLowerCase()}`);
        if (cut) break;
      }
    }
  }
  return out;
}"""


def assert_no_overflow(page: Page, *, may_scroll: str = "pre") -> None:
    """Assert that nothing reaches beyond the window or scrolls sideways but `may_scroll`."""
    found = page.evaluate(OVERFLOWING, may_scroll)
    assert found == [], "\n".join(found)


def assert_no_clipped_text(page: Page, *, may_clip: str = "pre") -> None:
    """Assert that no visible text is cut off, apart from what the selector `may_clip` matches."""
    found = page.evaluate(CLIPPED, may_clip)
    assert found == [], "\n".join(found)


def serious_violations(page: Page) -> list[str]:
    """Return axe's serious and critical findings on the page, each with the places it names."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes']]}"
        for each in found
        if each["impact"] in GRAVE
    ]


def assert_well_made(page: Page) -> None:
    """Assert that nothing overflows, nothing is clipped and axe finds nothing grave."""
    assert_no_overflow(page)
    assert_no_clipped_text(page)
    assert serious_violations(page) == []


def assert_admin_well_made(page: Page, name: str = "") -> None:
    """Assert the same of a page in the admin; keeps a picture of it by its name in SHOTS."""
    page.wait_for_timeout(SETTLING_MS)
    if SHOTS and name:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
    assert_no_overflow(page, may_scroll=ADMIN_MAY_SCROLL)
    assert_no_clipped_text(page, may_clip=ADMIN_MAY_CLIP)
    assert serious_violations(page) == []
