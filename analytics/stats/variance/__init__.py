"""Variance reduction: what was known before exposure makes the same units say more."""
