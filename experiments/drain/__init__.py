"""Applying the inbox: batches become slates, exposures and events, each exactly once."""

from experiments.drain.run import Drained, drain_once, drain_until_idle

__all__ = ["Drained", "drain_once", "drain_until_idle"]
