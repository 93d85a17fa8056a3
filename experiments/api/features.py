"""`GET /api/features/{client_key}`: the payload that GrowthBook's SDKs fetch and evaluate."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse

from experiments.api.keys import authenticate
from experiments.api.limits import spend
from experiments.api.storefront import matches_etag, not_modified, storefront
from experiments.intake.shapes import encoder
from experiments.payload import features_of
from experiments.snapshot import Snapshot

# As fresh as a snapshot is; while we are away a cache may go on answering for a day.
CACHE_CONTROL = "public, max-age=5, stale-if-error=86400"


@dataclass(frozen=True, slots=True)
class _Payload:
    """A site's payload, and the snapshot that it was built from."""

    snapshot: Snapshot
    body: bytes
    etag: str


_payloads: dict[int, _Payload] = {}


def features_view(request: HttpRequest, client_key: str) -> HttpResponse:
    """Answer with the features of the key's site, or with 304 when the caller has them."""
    key, snapshot = authenticate(request, "assign", in_path=client_key)
    spend(key.digest)
    payload = _payload_of(snapshot, key.site_id)
    if matches_etag(request, payload.etag):
        response = not_modified(payload.etag)
    else:
        response = HttpResponse(payload.body, content_type="application/json")
        response.headers["ETag"] = payload.etag
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response


def _payload_of(snapshot: Snapshot, site_id: int) -> _Payload:
    """Return a site's payload, built once for each snapshot and process."""
    kept = _payloads.get(site_id)
    if kept is None or kept.snapshot is not snapshot:
        kept = _payloads[site_id] = _build(snapshot, site_id, kept)
    return kept


def _build(snapshot: Snapshot, site_id: int, before: _Payload | None) -> _Payload:
    """Return the payload; the one before when nothing of this site has changed."""
    features = features_of(snapshot.sites[site_id])
    # Weak: processes that built it at different times differ in the date alone.
    etag = f'W/"{hashlib.sha256(encoder.encode(features)).hexdigest()[:32]}"'
    if before is not None and before.etag == etag:
        return _Payload(snapshot, before.body, etag)
    updated = datetime.now(UTC).isoformat(timespec="milliseconds")
    document = {"status": 200, "features": features, "dateUpdated": updated}
    return _Payload(snapshot, encoder.encode(document), etag)


features = storefront(features_view, method="GET")
