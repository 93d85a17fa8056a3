"""Setting an experiment up, step by step: one page a file, and what they share."""
