"""Signed tokens: what a storefront hands back is taken only if it came from us, unchanged."""

from functools import lru_cache
from hmac import HMAC
from typing import Any
from uuid import UUID

from django.core import signing
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes, force_str

from experiments.assignment.specs import Decision, ExperimentSpec

SALT = "armature.exposure"
KEPT_SALT = "armature.kept"


@lru_cache
def _keyed(salt: str, key: str | bytes, algorithm: str) -> HMAC:
    return salted_hmac(salt, "", key, algorithm=algorithm)


class QuickSigner(signing.Signer):
    """Signs as Django does, deriving the key from the secret once instead of each time."""

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        """Return the signature of a value."""
        code = _keyed(force_str(self.salt) + "signer", key or self.key, self.algorithm).copy()
        code.update(force_bytes(value))
        return signing.b64_encode(code.digest()).decode()


@lru_cache
def _exposure_signer() -> signing.Signer:
    return QuickSigner(salt=SALT)


def exposure_token(*, site_id: int, request_id: UUID, variant_id: int | None) -> str:
    """Return a token that proves that this slate was served by us."""
    return _exposure_signer().sign(f"{site_id}.{request_id.hex}.{variant_id or 0}")


def token_claim(token: str) -> tuple[int, UUID] | None:
    """Return the site and request ids that a token proves, None for a forged or broken one."""
    try:
        site_id, request_id, _variant = _exposure_signer().unsign(token).split(".")
        return int(site_id), UUID(request_id)
    except (signing.BadSignature, ValueError):
        return None


def kept_token(*, site_id: int, decision: Decision) -> str:
    """Return a token that keeps the unit what it is now, whoever signs in: no row remembers it."""
    claim = [site_id, decision.experiment_key, decision.phase, decision.unit_id]
    return signing.dumps(claim, salt=KEPT_SALT)


def token_to_keep(
    experiment: ExperimentSpec | None, decision: Decision, *, site_id: int
) -> str | None:
    """Return the token of a unit that may sign in later, None where there is nothing to carry over.

    Who is signed in has none: handed on by the next one to sign in at the same screen, it would
    make two accounts one unit.
    """
    if experiment is None or not experiment.is_sticky or not decision.in_experiment:
        return None
    fallback = experiment.fallback_unit_type
    if fallback and decision.unit_type != fallback:
        return None
    return kept_token(site_id=site_id, decision=decision)


def kept_claim(token: str, *, site_id: int) -> tuple[str, int, str] | None:
    """Return the experiment, phase and unit id that a token keeps, None for one that is not ours.

    Whether the experiment is still in that phase is for the decision to see.
    """
    claim = signed_list(token, salt=KEPT_SALT)
    if claim is None or claim[0] != site_id:
        return None
    return claim[1], claim[2], claim[3]


def signed_list(token: str, *, salt: str) -> list[Any] | None:
    """Return what was signed with this salt, None for a forged or broken token."""
    try:
        found: list[Any] = signing.loads(token, salt=salt)
    except (signing.BadSignature, ValueError):
        return None
    return found
