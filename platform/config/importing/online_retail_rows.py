"""One row of Online Retail, checked: what it says, or why it cannot be taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from config.importing.files import Row
from config.importing.records import BadRow
from experiments.intake.shapes import MAX_AMOUNT

LONDON = ZoneInfo("Europe/London")
# UCI's own form, and that of a well-known copy.
DATE_PARSERS: tuple[Callable[[str], datetime], ...] = (
    datetime.fromisoformat,
    lambda text: datetime.strptime(text, "%m/%d/%Y %H:%M"),
)
MAX_QUANTITY = 1_000_000
MAX_ID = 256


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One row, checked."""

    invoice: str
    stock_code: str
    description: str
    quantity: int
    at: datetime
    price: Decimal
    customer: str
    country: str

    @property
    def kind(self) -> str:
        """Return the type of the event that this row becomes; raises BadRow when there is none."""
        if self.invoice[0] in "Aa":
            return "debt_adjustment"
        if self.price < 0:
            raise BadRow("price_negative")
        if self.invoice[0] in "Cc":
            if self.quantity > 0:
                raise BadRow("cancellation_positive")
            return "refund"
        return "purchase" if self.quantity > 0 else "stock_adjustment"

    @property
    def is_priced_or_known(self) -> bool:
        """Return whether the row shows that a customer was there: a name or a price."""
        return bool(self.customer) or self.price != 0

    @property
    def value(self) -> Decimal:
        """Return quantity × price, signed and exact, in pounds."""
        return self.quantity * self.price


def parse_line(row: Row, places: Sequence[int]) -> InvoiceLine:
    """Return a checked row; raises BadRow with the reason."""
    if row.problem:
        raise BadRow(row.problem)
    if len(row.cells) <= max(places):
        raise BadRow("columns")
    invoice, code, description, quantity, at, price, customer, country = (
        row.cells[place].strip() for place in places
    )
    return InvoiceLine(
        invoice=_id(invoice, "invoice"),
        stock_code=_id(code, "stock_code"),
        description=description,
        quantity=_quantity(quantity),
        at=_moment(at),
        price=_price(price),
        customer=_customer(customer),
        country=country[:MAX_ID],
    )


def _id(text: str, name: str) -> str:
    if not text:
        raise BadRow(f"{name}_missing")
    if len(text) > MAX_ID:
        raise BadRow(f"{name}_too_long")
    return text


def _quantity(text: str) -> int:
    try:
        quantity = int(text)
    except ValueError:
        raise BadRow("quantity_invalid") from None
    if quantity == 0:
        raise BadRow("quantity_zero")
    if abs(quantity) > MAX_QUANTITY:
        raise BadRow("quantity_out_of_range")
    return quantity


def _moment(text: str) -> datetime:
    """Return the moment in UTC; the file tells the wall clock of London."""
    for parse in DATE_PARSERS:
        try:
            return parse(text).replace(tzinfo=LONDON).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    raise BadRow("date_invalid")


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        raise BadRow("price_invalid") from None
    if not price.is_finite():
        raise BadRow("price_invalid")
    if abs(price) > MAX_AMOUNT // 100:
        raise BadRow("price_out_of_range")
    return price


def _customer(text: str) -> str:
    """Return the customer's number without the ".0" that a spreadsheet left; "" for a guest."""
    return text.removesuffix(".0")[:MAX_ID]


def pence(pounds: Decimal) -> int:
    """Return pounds in pence, halves to even.

    >>> pence(Decimal("0.125")), pence(Decimal("0.135"))
    (12, 14)
    """
    return int((pounds * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
