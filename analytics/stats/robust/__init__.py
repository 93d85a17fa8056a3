"""Heavy tails: caps, resampling, ranks, and how much the largest units decide."""
