"""What a report shows beside its metrics: each read from the rows, of bounded size, by itself."""

from analytics.details.table import DETAILS, details_of

__all__ = ["DETAILS", "details_of"]
