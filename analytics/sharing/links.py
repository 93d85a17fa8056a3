"""Making, opening and revoking links; a token is shown once and kept only as its SHA-256."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from analytics.models import Analysis, Exploration, ShareLink
from analytics.models.share import LABEL_LENGTH
from analytics.selectors import latest_ready
from experiments.errors import InvalidInput, NotFound, TransitionError
from experiments.keys import digest_of
from experiments.models import Experiment
from experiments.services.audit import record_step
from experiments.services.storable import require_storable

DEFAULT_DAYS = 7
OFFERED_DAYS = (1, 7, 30)
# A quarter: whoever needs a report for longer is better served by an account.
MAX_DAYS = 90
TOKEN_BYTES = 32
LONGEST_TOKEN = 64  # a longer one is none of ours, and is not hashed


@dataclass(frozen=True, slots=True)
class Shared:
    """A link's row, and its token, which nobody can show again."""

    link: ShareLink
    token: str


@transaction.atomic
def create_link(
    *,
    experiment: Experiment,
    actor: str,
    now: datetime,
    days: int = DEFAULT_DAYS,
    label: str = "",
    exploration_id: int | None = None,
) -> Shared:
    """Return a link to the official report as it stands, or to an exploration; on record.

    Raises InvalidInput on a bad field, NotFound on an exploration that the experiment does not
    have, and TransitionError while there is nothing finished to show.
    """
    _require_days(days)
    _require_label(label)
    shown = _report_to_share(experiment, exploration_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = ShareLink.objects.create(
        experiment=experiment,
        analysis=shown if isinstance(shown, Analysis) else None,
        exploration=shown if isinstance(shown, Exploration) else None,
        title=experiment.name,
        label=label,
        digest=digest_of(token),
        created_by=actor[:200],
        expires_at=(now + timedelta(days=days)).replace(microsecond=0),
    )
    _record(link, "share", actor, {}, {"until": link.expires_at, "label": label})
    return Shared(link, token)


def _require_days(days: int) -> None:
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(f"a link lasts 1 to {MAX_DAYS} days; {days} asked", field="days")


def _require_label(label: str) -> None:
    if len(label) > LABEL_LENGTH:
        raise InvalidInput(f"a label has at most {LABEL_LENGTH} characters", field="label")
    require_storable(label, field="label")


def _report_to_share(experiment: Experiment, exploration_id: int | None) -> Analysis | Exploration:
    if exploration_id is None:
        analysis = latest_ready(experiment)
        if analysis is None:
            raise _nothing_to_show("the report", "Refresh it and wait until it is computed.")
        return analysis
    row = experiment.explorations.filter(pk=exploration_id).first()
    if row is None:
        raise NotFound(f"unknown exploration {exploration_id}", field="exploration")
    if row.status != Exploration.Status.READY:
        raise _nothing_to_show(f"exploration {exploration_id}", f"It is {row.status}.")
    return row


def _nothing_to_show(what: str, hint: str) -> TransitionError:
    return TransitionError(f"{what} has no result that could be shown", hint=hint)


@transaction.atomic
def revoke_link(*, link: ShareLink, actor: str, now: datetime) -> ShareLink:
    """Return the link, which opens nothing from now on; a second time changes nothing."""
    row = ShareLink.objects.select_for_update().get(pk=link.pk)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = now, actor[:200]
        row.save(update_fields=["revoked_at", "revoked_by"])
        _record(row, "unshare", actor, {"revoked_at": None}, {"revoked_at": now})
    return row


def find_link(token: str, *, now: datetime) -> ShareLink | None:
    """Return the link that a token opens at this time; None for every other token, whatever it is.

    The digest is looked up, not the token: how long that takes tells nothing of a token, since
    nobody can choose a text by its digest.
    """
    if len(token) > LONGEST_TOKEN:
        return None
    digest = digest_of(token)
    rows = ShareLink.objects.select_related("experiment__site", "analysis", "exploration")
    link = rows.filter(digest=digest).first()
    if link is None or not secrets.compare_digest(link.digest, digest):
        return None
    return link if link.state_at(now) == "open" else None


def note_opening(link: ShareLink, *, now: datetime) -> None:
    """Count that somebody opened the link."""
    rows = ShareLink.objects.filter(pk=link.pk)
    rows.update(times_opened=F("times_opened") + 1, last_opened_at=now)


def shared_path(token: str) -> str:
    """Return the path of the page behind a token."""
    return reverse("shared", args=[token])


def _record(
    link: ShareLink, action: str, actor: str, before: dict[str, object], after: dict[str, object]
) -> None:
    """Put it on the experiment's record; neither token nor digest is ever on it."""
    named = {"link": link.pk, "shows": f"{link.shared._meta.verbose_name} {link.shared.pk}"}
    record_step(link.experiment, action, actor=actor, before=before, after={**named, **after})
