"""A page that stands alone: without what leads out of the file or waits for an answer."""

from html import escape
from html.parser import HTMLParser

DROPPED = {"script", "form", "button", "iframe", "object", "embed", "template", "noscript"}
NAMELESS = {"link", "base"}  # they have no end and are dropped by themselves
WITHIN = "#"  # what begins so stays in the file
# Attributes that a browser fetches, or runs.
FETCHING = {"src", "srcset", "poster", "data", "action", "formaction", "background", "ping"}


def standing_alone(page: str) -> str:
    """Return the page without scripts, forms, and links out of it, whose words stay.

    Texts are passed on as they are written; a page that a template escaped stays escaped.
    """
    parser = _Standing()
    parser.feed(page)
    parser.close()
    return "".join(parser.out)


class _Standing(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self.left_out: list[str] = []  # elements within which everything is dropped
        self.links: list[str] = []  # what each open link became

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open(tag, attrs, "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in DROPPED:
            self._open(tag, attrs, "/")

    def _open(self, tag: str, attrs: list[tuple[str, str | None]], end: str) -> None:
        if tag in DROPPED:
            self.left_out.append(tag)
        if self.left_out or tag in NAMELESS:
            return
        if tag == "a":
            tag = "a" if str(dict(attrs).get("href") or "").startswith(WITHIN) else "span"
            self.links.append(tag)
        self.out.append(f"<{tag}{_written(attrs)}{end}>")

    def handle_endtag(self, tag: str) -> None:
        if self.left_out:
            if tag == self.left_out[-1]:
                self.left_out.pop()
            return
        if tag == "a" and self.links:
            tag = self.links.pop()
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_entityref(self, name: str) -> None:
        self._add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._add(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self._add(f"<!{decl}>")

    def _add(self, text: str) -> None:
        if not self.left_out:
            self.out.append(text)


def _written(attrs: list[tuple[str, str | None]]) -> str:
    return "".join(
        f" {name}" if value is None else f' {name}="{escape(value)}"'
        for name, value in attrs
        if _is_kept(name, value)
    )


def _is_kept(name: str, value: str | None) -> bool:
    """Tell whether an attribute neither leads out, nor fetches, nor runs anything."""
    if name.startswith("on") or name in FETCHING:
        return False
    return name not in ("href", "xlink:href") or str(value or "").startswith(WITHIN)
