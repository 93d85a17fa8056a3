"""What is counted while Online Retail is read: the figures published for the data set."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import blake2b

from config.importing.online_retail_rows import LONDON, InvoiceLine
from experiments.intake.importing import EventRecord

PENNY = Decimal("0.01")


@dataclass
class RetailTally:
    """Counts over all rows that could be read; `rows` and `exact_duplicate_rows` over all."""

    rows: int = 0
    revenue: Decimal = Decimal(0)
    traded: Decimal = Decimal(0)
    pence: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    countries: Counter[str] = field(default_factory=Counter)
    cleaned: Decimal = Decimal(0)
    first: datetime | None = None
    last: datetime | None = None
    _seen: set[bytes] = field(default_factory=set)
    _ids: dict[str, set[str]] = field(
        default_factory=lambda: {
            name: set()
            for name in (
                "invoices",
                "stock_codes",
                "customers",
                "cancellation_invoices",
                "cleaned_customers",
                "cleaned_invoices",
                "anonymous_visits",
            )
        }
    )

    def see(self, raw: str) -> None:
        """Count a row and whether the very same text came before."""
        self.rows += 1
        self._seen.add(blake2b(raw.encode("utf-8", "surrogateescape"), digest_size=16).digest())

    def add(self, line: InvoiceLine, event: EventRecord) -> None:
        """Count a row that was read, and what its event holds."""
        self.revenue += line.value
        self.first = min(self.first or line.at, line.at)
        self.last = max(self.last or line.at, line.at)
        self.countries[line.country] += 1
        self._ids["invoices"].add(line.invoice)
        self._ids["stock_codes"].add(line.stock_code)
        self._count(line)
        if line.customer:
            self._ids["customers"].add(line.customer)
            if line.quantity > 0 and line.price > 0:
                self._add_cleaned(line)
        if event.amount is not None:
            self.traded += line.value
            self.pence[event.type] += event.amount
            if not line.customer:
                self.counts[f"anonymous_{event.type}_rows"] += 1
                self._ids["anonymous_visits"].add(event.visitor_id)

    def _count(self, line: InvoiceLine) -> None:
        is_cancellation = line.invoice[0] in "Cc"
        if is_cancellation:
            self._ids["cancellation_invoices"].add(line.invoice)
        self.counts.update(
            {
                "rows_without_customer": not line.customer,
                "rows_without_description": not line.description,
                "cancellation_rows": is_cancellation,
                "negative_quantity_rows": line.quantity < 0,
                "zero_price_rows": line.price == 0,
                "negative_price_rows": line.price < 0,
            }
        )

    def _add_cleaned(self, line: InvoiceLine) -> None:
        self.counts["cleaned_rows"] += 1
        self.cleaned += line.value
        self._ids["cleaned_customers"].add(line.customer)
        self._ids["cleaned_invoices"].add(line.invoice)

    def figures(self) -> dict[str, int | str]:
        """Return every figure by name; money as exact decimal text in pounds."""
        ids = {name: len(found) for name, found in self._ids.items()}
        net = Decimal(self.pence["purchase"] - self.pence["refund"]) / 100
        return {
            "rows": self.rows,
            "invoices": ids["invoices"],
            "customers": ids["customers"],
            "stock_codes": ids["stock_codes"],
            "countries": len(self.countries),
            "largest_country": _largest(self.countries),
            "rows_without_customer": self.counts["rows_without_customer"],
            "rows_without_description": self.counts["rows_without_description"],
            "cancellation_rows": self.counts["cancellation_rows"],
            "cancellation_invoices": ids["cancellation_invoices"],
            "negative_quantity_rows": self.counts["negative_quantity_rows"],
            "zero_price_rows": self.counts["zero_price_rows"],
            "negative_price_rows": self.counts["negative_price_rows"],
            "exact_duplicate_rows": self.rows - len(self._seen),
            "first_at": _local(self.first),
            "last_at": _local(self.last),
            "revenue_exact": f"{self.revenue.normalize():f}",
            "revenue": f"{self.revenue.quantize(PENNY, ROUND_HALF_EVEN):f}",
            "purchases_stored": f"{Decimal(self.pence['purchase']) / 100:.2f}",
            "refunds_stored": f"{Decimal(self.pence['refund']) / 100:.2f}",
            "adjustments_without_amount": f"{(self.revenue - self.traded).normalize():f}",
            "rounding_difference": f"{(net - self.traded).normalize():f}",
            "anonymous_purchase_rows": self.counts["anonymous_purchase_rows"],
            "anonymous_refund_rows": self.counts["anonymous_refund_rows"],
            "anonymous_visits": ids["anonymous_visits"],
            "cleaned_rows": self.counts["cleaned_rows"],
            "cleaned_customers": ids["cleaned_customers"],
            "cleaned_invoices": ids["cleaned_invoices"],
            "cleaned_revenue_exact": f"{self.cleaned.normalize():f}",
        }


def _largest(countries: Counter[str]) -> str:
    return ", ".join(f"{name} {rows}" for name, rows in countries.most_common(1))


def _local(moment: datetime | None) -> str:
    return moment.astimezone(LONDON).strftime("%Y-%m-%d %H:%M") if moment else ""
