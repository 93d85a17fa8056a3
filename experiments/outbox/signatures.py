"""How a webhook's messages are signed, and how whoever gets them checks that. Pure."""

import base64
import hashlib
import hmac

PREFIX = "whsec_"
VERSION = "v1"
PURPOSE = b"armature.webhook:"


def secret_of(nonce: str, secret_key: str) -> str:
    """Return a webhook's secret: HMAC-SHA256 of its nonce under the installation's own key.

    >>> secret_of("n", "k") == secret_of("n", "k") != secret_of("m", "k")
    True
    """
    digest = hmac.digest(secret_key.encode(), PURPOSE + nonce.encode(), hashlib.sha256)
    return PREFIX + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def signature_of(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message: `v1=` and the hex HMAC-SHA256 of `timestamp.body`.

    >>> signature_of("whsec_x", 1, b"{}")[:6]
    'v1=36e'
    """
    message = str(timestamp).encode() + b"." + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return f"{VERSION}={digest}"
