"""Segment's names of what a unit did, and ours."""

import re
import unicodedata

from experiments.intake.refusals import Refused
from experiments.segment.messages import KINDS, Message

# Segment's e-commerce specification; under these keys every spelling of a name is found.
EVENTS = {
    "experiment_viewed": "exposure",
    "product_list_viewed": "view_item_list",
    "product_clicked": "select_item",
    "product_viewed": "view_item",
    "product_added": "add_to_cart",
    "product_removed": "remove_from_cart",
    "product_added_to_wishlist": "add_to_wishlist",
    "products_searched": "search",
    "checkout_started": "begin_checkout",
    "order_completed": "purchase",
    "order_refunded": "refund",
    "product_reviewed": "review",
    "product_shared": "share",
}
VIEWS = frozenset({"page", "screen"})
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
NOT_A_LETTER = re.compile(r"[^a-z0-9]+")


def event_type(message: Message) -> str:
    """Return the type of our event that a message is; raises Refused."""
    if message.type not in KINDS:
        detail = f"{message.type[:40]!r} is none of {', '.join(KINDS)}"
        raise Refused("unknown_type", "type", detail)
    if message.type in VIEWS:
        return "page_view"
    return tracked_type(message.event or "") if message.type == "track" else message.type


def tracked_type(name: str) -> str:
    """Return our name of a tracked event: that of the table, else its own in our spelling.

    >>> tracked_type("Order Completed"), tracked_type("Coupon Applied"), tracked_type("cartOpened")
    ('purchase', 'coupon_applied', 'cart_opened')
    """
    ours = snake_case(name)
    if not NAME.fullmatch(ours):
        raise Refused(
            "invalid_field",
            "event",
            f"{name[:80]!r} makes no name of 1 to 64 of a-z, 0-9 and _, with a letter first",
        )
    return EVENTS.get(ours, ours)


def snake_case(name: str) -> str:
    """Return a name in small letters without accents, its words joined by underscores.

    >>> snake_case("Größe gewählt (2)")
    'grosse_gewahlt_2'
    """
    letters = unicodedata.normalize("NFKD", HUMP.sub("_", name).casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return NOT_A_LETTER.sub("_", plain).strip("_")
