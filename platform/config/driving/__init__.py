"""Bringing an experiment from training to its report through real processes: demo and replay."""
