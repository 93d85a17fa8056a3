"""Tokens are signed as Django signs, whatever is done to sign them sooner."""

import pytest
from django.core import signing
from pytest_django import Settings

from experiments.tokens import QuickSigner


@pytest.mark.parametrize("value", ["", "1.2.3", "ü☃", "a:b"])
def test_signature__of_the_quick_signer__is_djangos(value: str) -> None:
    assert QuickSigner(salt="s").sign(value) == signing.Signer(salt="s").sign(value)


def test_signature__of_an_earlier_secret__is_still_taken(settings: Settings) -> None:
    settings.SECRET_KEY = "earlier" * 10
    token = QuickSigner(salt="s").sign("1.2.3")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "later" * 10, ["earlier" * 10]

    assert QuickSigner(salt="s").unsign(token) == "1.2.3"
    with pytest.raises(signing.BadSignature):
        QuickSigner(salt="s").unsign(f"{token[:-1]}-")
