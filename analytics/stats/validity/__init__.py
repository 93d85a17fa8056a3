"""Checks of whether an experiment's data may be read: each returns one finding."""
