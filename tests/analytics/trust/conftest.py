"""Fixtures of the trust gate's tests."""

from tests.analytics.web.conftest import analyst

__all__ = ["analyst"]
