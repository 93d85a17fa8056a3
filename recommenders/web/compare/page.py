"""The columns of one shopper, as the template shows them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from experiments.intake.slates import SlateItem
from experiments.models import Site
from experiments.money import money_text
from recommenders import state
from recommenders.comparing.columns import chosen
from recommenders.comparing.likeness import rank_biased_overlap, rank_changes, shared
from recommenders.comparing.lists import Answer, answer, explained
from recommenders.comparing.shoppers import Recent
from recommenders.models import Item
from recommenders.web.compare.asking import Asked, Shopper
from recommenders.web.compare.texts import NOTHING, decimal_text, time_text

FEW = 3  # pieces of which the stock is told
SHOWN_CATEGORIES = 3


@dataclass(frozen=True, slots=True)
class Change:
    """How an item stands beside the first column: up, down, same, new, or nothing to say."""

    kind: str = ""
    by: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a list; `stock`: what is worth knowing of it, "" when nothing is."""

    rank: int
    item_id: str
    title: str
    category: str
    image_url: str
    price: str
    minor_price: int | None
    score: str
    raw_score: float | None
    reason: str
    stock: str
    is_out: bool
    change: Change


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a list stands beside the first one: items shared, and rank-biased overlap."""

    shared: int
    rank_biased: float


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column; `problem`: what is wrong with it, `stand_in`: who answered in its place."""

    token: str
    label: str
    mark: int
    artifact: str
    took: str
    took_ms: float
    problem: str
    stand_in: str
    is_refilled: bool
    lines: tuple[Line, ...]
    likeness: Likeness | None
    versus: str
    novelty: float | None
    novelty_text: str
    prices: str
    categories: str


def column_views(asked: Asked, shopper: Shopper, recent: Recent) -> list[ColumnView]:
    """Return the columns of a question, each by itself: one that fails takes nothing from another.

    Nothing is recorded: no slate, no exposure, no event.
    """
    serving, wish = state.current(), shopper.wish(asked)
    columns = chosen(asked.site, asked.tokens, asked.placement)
    answers = [answer(column, wish, serving) for column in columns]
    rows = _rows(asked.site, {item_id for each in answers for item_id in each.ids})
    return [_view(each, mark, answers[0], rows, asked, recent) for mark, each in enumerate(answers)]


def _rows(site: Site, ids: set[str]) -> dict[str, Item]:
    fields = ("item_id", "title", "image_url", "stock", "is_active")
    return {
        row.item_id: row for row in Item.objects.filter(site=site, item_id__in=ids).only(*fields)
    }


def _view(
    answered: Answer,
    mark: int,
    first: Answer,
    rows: Mapping[str, Item],
    asked: Asked,
    recent: Recent,
) -> ColumnView:
    served, ids = answered.served, answered.ids
    is_first = mark == 0
    likeness = None
    if not is_first and first.ids and ids:
        likeness = Likeness(shared(ids, first.ids), rank_biased_overlap(ids, first.ids))
    novelty = recent.novelty(ids)
    return ColumnView(
        token=answered.column.token,
        label=answered.column.label,
        mark=mark,
        artifact=(served.artifact or served.recommender) if served else "",
        took=time_text(answered.took_ms) if served else "",
        took_ms=round(answered.took_ms, 3),
        problem=explained(answered, asked.site),
        stand_in=_stand_in(answered),
        is_refilled=served is not None and served.fallback == "refilled",
        lines=_lines(answered, None if is_first else first.ids, rows, asked.site),
        likeness=likeness,
        versus=_versus(likeness, first, len(ids), is_first=is_first),
        novelty=novelty,
        novelty_text=decimal_text(novelty, 1),
        prices=_prices(served.items if served else [], asked.site),
        categories=_categories(served.items if served else []),
    )


def _stand_in(answered: Answer) -> str:
    if answered.served is None or answered.is_own:
        return ""
    return answered.served.artifact or answered.served.recommender


def _versus(likeness: Likeness | None, first: Answer, length: int, *, is_first: bool) -> str:
    if is_first:
        return "the list to compare with"
    if likeness is None:
        return "there is nothing to compare"
    return (
        f"{likeness.shared} of {max(length, len(first.ids))} shared with {first.column.label}, "
        f"rank-biased {decimal_text(likeness.rank_biased)}"
    )


def _lines(
    answered: Answer, first: Sequence[str] | None, rows: Mapping[str, Item], site: Site
) -> tuple[Line, ...]:
    served = answered.served
    if served is None:
        return ()
    reasons = served.reasons or ("",) * len(served.items)
    changes = _changes(first, answered.ids)
    return tuple(
        _line(item, reason, change, rows.get(item.item_id), site)
        for item, reason, change in zip(served.items, reasons, changes, strict=True)
    )


def _changes(first: Sequence[str] | None, ids: Sequence[str]) -> list[Change]:
    if not first:
        return [Change()] * len(ids)
    return [_change(by) for by in rank_changes(first, ids)]


def _change(by: int | None) -> Change:
    if by is None:
        return Change("new")
    return Change("up" if by > 0 else "down" if by < 0 else "same", abs(by))


def _line(item: SlateItem, reason: str, change: Change, row: Item | None, site: Site) -> Line:
    stock = _stock(row)
    image = row.image_url if row else ""
    return Line(
        rank=item.rank,
        item_id=item.item_id,
        title=row.title if row else item.item_id,
        category=item.category,
        image_url=image if image.startswith(("https://", "http://")) else "",
        price=money_text(item.price, site.currency),
        minor_price=item.price,
        score=decimal_text(item.score),
        raw_score=item.score,
        reason=reason,
        stock=stock,
        is_out=stock in ("out of stock", "taken out"),
        change=change,
    )


def _stock(row: Item | None) -> str:
    """Return what the catalogue says this very moment, which lists follow within seconds."""
    if row is None or not row.is_active:
        return "taken out"
    if row.stock == 0:
        return "out of stock"
    return f"{row.stock} left" if row.stock is not None and row.stock <= FEW else ""


def _prices(items: Sequence[SlateItem], site: Site) -> str:
    known = [item.price for item in items if item.price is not None]
    if not known:
        return NOTHING
    low, middle, high = min(known), round(median(known)), max(known)
    texts = [money_text(amount, site.currency) for amount in (low, middle, high)]
    return f"{texts[1]}, from {texts[0]} to {texts[2]}" if low != high else texts[1]


def _categories(items: Sequence[SlateItem]) -> str:
    counts = Counter(item.category for item in items if item.category)
    if not counts:
        return NOTHING
    told = ", ".join(f"{name} {n}" for name, n in counts.most_common(SHOWN_CATEGORIES))
    further = len(counts) - SHOWN_CATEGORIES
    return f"{told} and {further} more" if further > 0 else told
