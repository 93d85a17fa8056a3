"""Bandits: choosing variants by what was learnt, and estimating effects in spite of it."""
