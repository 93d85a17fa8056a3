"""The installation's health: every check with its fix, and each site's events accounted for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from experiments.access import can_somewhere, sites_of
from experiments.health.checks import STATES, health_checks, worst
from experiments.health.counts import SiteCounts, site_counts
from experiments.models import Site
from experiments.registries import HealthCheck
from experiments.roles import Action
from experiments.web.moments import moment_text

TONES = {"ok": "good", "degraded": "warn", "failed": "bad"}
WORDS = {"ok": "fine", "degraded": "degraded", "failed": "failed"}
LEADS = {
    "ok": "Every check passes.",
    "degraded": "Everything works, some of it slower or later than it should.",
    "failed": "Something needs somebody; what mends it stands beside it.",
}


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check: `tone` good, warn or bad; the word says the same without colour."""

    tone: str
    title: str
    word: str
    detail: str
    fix: str


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site's counts, written out; `verdict` says whether the two sides agree."""

    name: str
    accepted: str
    terms: tuple[tuple[str, str], ...]
    refused: str
    newest: str
    tone: str
    verdict: str


def health_page(request: HttpRequest) -> HttpResponse:
    """Show the checks, and the counts of the sites where the person may look."""
    user: Any = request.user
    may_look = can_somewhere(user, Action.VIEW)
    checks = health_checks() if may_look else []
    state = worst(checks)
    context = {
        **admin.site.each_context(request),
        "title": "Health",
        "may_look": may_look,
        "lead": LEADS[state],
        "tone": TONES[state],
        "word": WORDS[state],
        "checks": [_check_row(check) for check in _worst_first(checks)],
        "sites": _site_rows(user) if may_look else [],
    }
    return TemplateResponse(request, "experiments/health.html", context)


def _worst_first(checks: list[HealthCheck]) -> list[HealthCheck]:
    return sorted(checks, key=lambda check: STATES.index(check.state))


def _check_row(check: HealthCheck) -> CheckRow:
    return CheckRow(TONES[check.state], check.name, WORDS[check.state], check.detail, check.fix)


def _site_rows(user: Any) -> list[SiteRow]:
    sites = sites_of(user, Action.VIEW)
    by_id = sites.in_bulk()
    return [_site_row(counts, by_id[counts.site_id]) for counts in site_counts(sites)]


def _site_row(counts: SiteCounts, site: Site) -> SiteRow:
    return SiteRow(
        name=counts.name,
        accepted=f"{counts.accepted:,}",
        terms=tuple(
            (f"{number:,}", word)
            for number, word in (
                (counts.applied, "applied"),
                (counts.duplicates, "duplicate"),
                (counts.quarantined, "quarantined"),
                (counts.dropped, "dropped"),
                (counts.waiting, "waiting"),
            )
        ),
        refused=f"{counts.refused:,}",
        newest=_newest(counts.newest_us, site),
        tone="bad" if counts.difference else "good",
        verdict=_verdict(counts.difference),
    )


def _newest(newest_us: int, site: Site) -> str:
    if not newest_us:
        return "none applied yet"
    return moment_text(datetime.fromtimestamp(newest_us / 1e6, UTC), site)


def _verdict(difference: int) -> str:
    if not difference:
        return "agree"
    return f"{difference:,} missing" if difference > 0 else f"{-difference:,} too many"
