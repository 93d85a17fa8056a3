"""What was received and what became of it: applied, waiting, repeated or refused."""

from experiments.received.filters import Filters, filters_of
from experiments.received.pages import Page, page_of
from experiments.received.rows import Kind, Received

__all__ = ["Filters", "Kind", "Page", "Received", "filters_of", "page_of"]
