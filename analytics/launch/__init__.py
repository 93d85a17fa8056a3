"""Before and while an experiment runs: what its set-up asks, what it can show, what stops it."""
