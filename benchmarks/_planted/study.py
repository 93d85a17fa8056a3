"""What a study is: a shop, what its treatment does, and how its runs are planned and read."""

from dataclasses import dataclass
from typing import Any

from benchmarks._planted.runs import METRICS, Plan
from benchmarks._planted.shop import Effect, Shop

__all__ = ["DAYS", "METRICS", "Outcome", "Study"]

Outcome = dict[str, Any]
DAYS = 14


@dataclass(frozen=True, slots=True)
class Study:
    """One kind of runs, each metric in turn the one that decides."""

    name: str
    shop: Shop
    effect: Effect
    plan: Plan
