"""One algorithm in each file; each knows arrays only."""
