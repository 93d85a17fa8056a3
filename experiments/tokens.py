"""Signed exposure tokens: nobody claims a slate or a variant that they were not given."""

from uuid import UUID

from django.core import signing

SALT = "armature.exposure"
_signer: signing.Signer | None = None


def _exposure_signer() -> signing.Signer:
    global _signer
    if _signer is None:
        _signer = signing.Signer(salt=SALT)
    return _signer


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
