"""Stored sufficient statistics of any form, read back by the name they carry."""

from collections.abc import Callable, Mapping
from typing import Any

from analytics.errors import InvalidInputError
from analytics.stats import exact_samples, moments, samples, shape, value_counts
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import CentredMoments, Moments
from analytics.stats.samples import Sample
from analytics.stats.shape import Shape
from analytics.stats.value_counts import ValueCounts

Statistics = Moments | CentredMoments | Sample | ExactSample | Shape | ValueCounts


def read_statistics(stored: Mapping[str, Any]) -> Statistics:
    """Return what `to_dict` of any sufficient statistic wrote.

    Stored moments carry no form: they are older than the others. Raises
    InvalidInputError on an unknown form or version and on damage.

    >>> read_statistics(Moments(2, 1, 1).to_dict())
    Moments(n=2, sum_y=1, sum_yy=1, sum_x=0, sum_xx=0, sum_xy=0)
    """
    form = stored.get("form")
    if form is None:
        return Moments.from_dict(stored)
    readers: dict[str, Callable[[Mapping[str, Any]], Statistics]] = {
        moments.CENTRED_FORM: CentredMoments.from_dict,
        samples.FORM: Sample.from_dict,
        exact_samples.FORM: ExactSample.from_dict,
        shape.FORM: Shape.from_dict,
        value_counts.FORM: ValueCounts.from_dict,
    }
    if not isinstance(form, str) or form not in readers:
        raise InvalidInputError(f"unknown form {form!r}; there are {sorted(readers)}")
    return readers[form](stored)
