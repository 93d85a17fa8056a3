"""The value of a policy from the log of another one, and whether the log can carry it."""
