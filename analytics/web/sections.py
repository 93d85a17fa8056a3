"""What a report shows below its tables: each section from its own part of the results."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.web.artifacts import ArtifactsView, artifacts_of
from analytics.web.choices import Choice
from analytics.web.distribution import DistributionView, distribution_of
from analytics.web.novelty import NoveltyViews, novelty_of
from analytics.web.positions import PositionsView, positions_of
from analytics.web.segments import SegmentsView, segments_of
from analytics.web.series import SeriesView, series_of
from experiments.models import Experiment


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections; None for what an older report, or one without such rows, does not have."""

    series: SeriesView | None = None
    segments: SegmentsView | None = None
    novelty: NoveltyViews | None = None
    positions: PositionsView | None = None
    distribution: DistributionView | None = None
    artifacts: ArtifactsView | None = None


def sections_of(
    experiment: Experiment, results: Mapping[str, Any], query: Mapping[str, str], choice: Choice
) -> Sections:
    """Return the sections of a report in the reader's view."""
    return Sections(
        series=series_of(results, query, choice),
        segments=segments_of(results),
        novelty=novelty_of(results),
        positions=positions_of(results),
        distribution=distribution_of(results),
        artifacts=artifacts_of(experiment, results),
    )
