"""The registry of artifacts: what answers now, what might, how it came about, and what to do."""
