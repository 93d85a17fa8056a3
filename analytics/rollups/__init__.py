"""Each unit's sums of each metric, kept up by the drain, so that a report reads no events."""
