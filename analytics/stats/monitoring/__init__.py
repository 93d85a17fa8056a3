"""Looking at a test while it runs: likelihood ratios, spending, boundaries, futility, split."""
