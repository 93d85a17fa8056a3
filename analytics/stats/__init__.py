"""Statistics of experiments: pure functions of sufficient statistics (docs/decisions/0003)."""
