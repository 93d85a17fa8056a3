"""OpenFeature's remote evaluation protocol, OFREP 0.3: one flag, or all of them at once.

What released clients do with each answer was measured; the rules that follow from it are in
docs/decisions/0023-open-standards.md.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Struct

from experiments.api.bodies import check_bag, decode, read_body
from experiments.api.keys import authenticate
from experiments.api.limits import spend
from experiments.api.ofrep_errors import answers_ofrep
from experiments.api.problems import Problem
from experiments.api.storefront import json_answer, matches_etag, not_modified, storefront
from experiments.assignment.specs import UnitIds, Visit
from experiments.flags import Flag, evaluate, flag_source, flag_sources
from experiments.intake.refusals import explain
from experiments.intake.shapes import Consent, LooseId, Question, Token, Unit, encoder
from experiments.snapshot import SiteSpec
from experiments.visits import visit_of

MAX_CONTEXT = 70  # 64 attributes, the ids, the targeting key and what is ours
NOBODY = UnitIds()


class OfrepRequest(Struct, frozen=True):
    """A request for flags; of the context's members some mean more than an attribute.

    `targetingKey` is the visitor's id unless `visitor_id` is given; `account_id` and `session_id`
    are those of other units; `consent` and `armature_force` are as in our own questions.
    """

    context: Annotated[dict[str, Any], Meta(max_length=MAX_CONTEXT)] = {}


class OfrepFlag(Struct, frozen=True):
    """One evaluated flag; a default has the variant `default`."""

    key: str
    value: dict[str, Any]
    reason: str
    variant: str
    metadata: dict[str, str | int | bool]


class OfrepFlags(Struct, frozen=True):
    """All flags of the key's site."""

    flags: list[OfrepFlag]
    metadata: dict[str, str | int | bool]


class _Known(Struct, frozen=True, rename={"targeting_key": "targetingKey"}):
    """The members of a context that are more than an attribute."""

    targeting_key: LooseId | None = None
    visitor_id: LooseId | None = None
    account_id: LooseId | None = None
    session_id: LooseId | None = None
    consent: Consent = Consent()
    armature_force: Token | list[Token] = []


_decoder = msgspec.json.Decoder(OfrepRequest)
_KNOWN = frozenset(_Known.__struct_encode_fields__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks which site for flags, and the bytes that they asked with."""

    site: SiteSpec
    visit: Visit
    raw: bytes


def single_view(request: HttpRequest, key: str) -> HttpResponse:
    """Answer with one flag."""
    asked = _read(request)
    source = flag_source(asked.site, key)
    if asked.visit.units == NOBODY:
        raise Problem(
            400,
            "targeting_key_missing",
            "the context has no targetingKey",
            field="context.targetingKey",
            hint="Send the visitor's id as targetingKey, or an account_id or session_id.",
        )
    return json_answer(_answer(evaluate(asked.site, source, asked.visit)))


def bulk_view(request: HttpRequest) -> HttpResponse:
    """Answer with every flag, or with 304 when the caller holds the same.

    Without an id all flags are their defaults: browsers ask before they know their visitor.
    """
    asked = _read(request)
    flags = [
        _answer(evaluate(asked.site, source, asked.visit)) for source in flag_sources(asked.site)
    ]
    body = encoder.encode(OfrepFlags(flags, {"site": asked.site.slug}))
    # The answer follows from configuration and context; both have to be the same for a 304.
    etag = f'"{hashlib.sha256(asked.raw + body).hexdigest()[:32]}"'
    if matches_etag(request, etag):
        return not_modified(etag)
    response = HttpResponse(body, content_type="application/json")
    response.headers["ETag"] = etag
    return response


def _read(request: HttpRequest) -> _Asked:
    key, snapshot = authenticate(request, "assign")
    spend(key.digest)
    raw = read_body(request)
    body = decode(raw, _decoder)
    asked = visit_of(_question(body.context), site_id=key.site_id, may_test=False)
    return _Asked(snapshot.sites[key.site_id], asked.visit, raw)


def _question(context: dict[str, Any]) -> Question:
    """Return the question that a context asks."""
    known = _known(context)
    attributes = {name: value for name, value in context.items() if name not in _KNOWN}
    check_bag("context", attributes)
    visitor = known.targeting_key if known.visitor_id is None else known.visitor_id
    return Question(
        unit=Unit(visitor_id=visitor, account_id=known.account_id),
        session_id=known.session_id,
        attributes=attributes,
        consent=known.consent,
        force=known.armature_force,
    )


def _known(context: dict[str, Any]) -> _Known:
    """Return what a context says besides attributes; an empty id is none, as for the SDKs."""
    given = {name: context[name] for name in _KNOWN & context.keys()}
    try:
        return msgspec.convert({n: v for n, v in given.items() if v not in ("", None)}, _Known)
    except msgspec.ValidationError as error:
        path, detail = explain(error)
        field = f"context.{path}" if path else "context"
        raise Problem(400, "invalid_field", detail, field=field) from None


def _answer(flag: Flag) -> OfrepFlag:
    return OfrepFlag(flag.key, flag.value, flag.reason, flag.variant, flag.metadata)


single = storefront(single_view, answers=answers_ofrep)
bulk = storefront(bulk_view, answers=answers_ofrep)
