"""Which artifact has which alias: moved atomically, without a restart, on record with a reason."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from experiments.services import record_change
from experiments.services.audit import SERVICE
from experiments.services.storable import require_reason
from recommenders.errors import PromotionRefused, TrainingError
from recommenders.gate.findings import Finding, against, may_promote, summary
from recommenders.models import Alias, AliasMove, Artifact, Recommender
from recommenders.selectors import artifact_named, why_unloadable
from recommenders.services.following import tell_followers


@transaction.atomic
def promote(
    *, artifact: Artifact, alias: str = Alias.CHAMPION, reason: str, by: str, override: bool = False
) -> Recommender:
    """Give an artifact an alias of its recommender and return the recommender.

    A champion has to pass the promotion gate, a fallback its hard checks. `override`: promote it
    all the same; a person's word, kept with the reason and what had failed. Raises TrainingError
    for one that is not ready, PromotionRefused, InvalidInput without a reason.
    """
    why = require_reason(reason, purpose="a promotion")
    recommender = _locked(artifact)
    if getattr(recommender, f"{alias}_id") == artifact.pk:  # a second click changes nothing
        return recommender
    if artifact.status != Artifact.Status.READY:
        raise TrainingError(f"{artifact.full_name} is {artifact.status}, not ready")
    findings = [Finding.of(each) for each in artifact.gate]
    if not override:
        _require_passed(recommender, artifact, alias, findings)
    _move(
        recommender,
        alias,
        artifact,
        reason=why,
        by=by,
        is_override=override,
        findings=[each.document() for each in against(findings)],
    )
    return recommender


def promote_by_itself(*, artifact: Artifact) -> bool:
    """Make a new artifact the champion if its gate lets it; return whether it is."""
    findings = [Finding.of(each) for each in artifact.gate]
    is_first = artifact.recommender.champion_id is None
    if not may_promote(findings, is_first=is_first):
        return False
    open_ = summary(findings)
    reason = "first artifact" if is_first else "passed the promotion gate"
    promote(artifact=artifact, reason=reason + (f"; open: {open_}" if open_ else ""), by=SERVICE)
    return True


def _require_passed(
    recommender: Recommender, artifact: Artifact, alias: str, findings: list[Finding]
) -> None:
    if alias == Alias.CHALLENGER:  # it answers only where an experiment follows it
        return
    is_first = alias == Alias.FALLBACK or recommender.champion_id is None
    if may_promote(findings, is_first=is_first):
        return
    failed = against(findings, is_hard=is_first)
    raise PromotionRefused(
        f"{artifact.full_name} does not pass: {summary(failed) or 'it was not checked'}",
        hint=" ".join(
            [*(each.fix for each in failed), "Or, as a site's admin, override and say why."]
        ),
    )


@transaction.atomic
def roll_back(
    *, recommender: Recommender, alias: str = Alias.CHAMPION, reason: str, by: str
) -> Recommender:
    """Give an alias back to the artifact that had it before, and return the recommender.

    That one is not judged again, but has to open. Raises PromotionRefused when there is none or it
    cannot be opened, InvalidInput without a reason.
    """
    why = require_reason(reason, purpose="going back")
    locked = Recommender.objects.select_for_update().get(pk=recommender.pk)
    earlier = before_now(locked, alias)
    if earlier is None and alias == Alias.CHAMPION:
        raise PromotionRefused(
            f"no artifact was {alias} of {locked.key} before this one",
            hint="Promote another artifact, or train one.",
        )
    if earlier is not None and (problem := why_unloadable(earlier)):
        raise PromotionRefused(
            f"{earlier.full_name} cannot be opened: {problem}",
            hint="Promote another artifact, or train one.",
        )
    _move(locked, alias, earlier, reason=why, by=by, is_rollback=True)
    return locked


def before_now(recommender: Recommender, alias: str) -> Artifact | None:
    """Return the artifact that had the alias before its holder got it; None when none did.

    Going back twice goes two steps back: the moves that went back do not count.
    """
    holder = getattr(recommender, alias)
    move = AliasMove.objects.filter(
        recommender=recommender,
        alias=alias,
        after=holder.full_name if holder else "",
        is_rollback=False,
    ).first()
    found = artifact_named(recommender.site, move.before) if move and move.before else None
    return found if found and found.status == Artifact.Status.READY else None


def _locked(artifact: Artifact) -> Recommender:
    return Recommender.objects.select_for_update(of=("self",)).get(pk=artifact.recommender_id)


def _move(
    recommender: Recommender, alias: str, artifact: Artifact | None, *, reason: str, by: str,
    **facts: Any,
) -> None:  # fmt: skip
    """Move an alias, let serving processes notice, and write every record of it."""
    holder: Artifact | None = getattr(recommender, alias)
    before, after = (each.full_name if each else "" for each in (holder, artifact))
    setattr(recommender, alias, artifact)
    recommender.save(update_fields=[alias])
    AliasMove.objects.create(
        site=recommender.site,
        recommender=recommender,
        alias=alias,
        before=before,
        after=after,
        at=timezone.now(),
        actor=by[:200],
        reason=reason,
        **facts,
    )
    record_change(
        site=recommender.site,
        subject=f"recommender {recommender.key}",
        action="roll_back" if facts.get("is_rollback") else "promote",
        actor=by,
        before={alias: before},
        after={alias: after} | ({"override": True} if facts.get("is_override") else {}),
        reason=reason,
    )
    tell_followers(recommender, alias, before=before, after=after, by=by, reason=reason)
