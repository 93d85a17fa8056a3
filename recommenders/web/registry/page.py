"""What the registry's list and the page of a recommender show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from experiments.web.moments import ago, short_moment
from recommenders.drift import LARGE
from recommenders.models import Alias, AliasMove, Artifact, Recommender
from recommenders.registry import missing, names
from recommenders.selectors import why_unloadable
from recommenders.services import before_now
from recommenders.web.registry.finding import arguments
from recommenders.web.registry.rows import ArtifactRow, artifact_row
from recommenders.web.registry.texts import training_text

SHOWN = 10
MOVES = 20
LATE = 2  # times its interval: from then on a champion is stale
MEANINGS = {
    Alias.CHAMPION: "answers wherever no version is named",
    Alias.CHALLENGER: "answers where a variant follows it",
    Alias.FALLBACK: "answers when the artifact that was asked for cannot",
}


@dataclass(frozen=True, slots=True)
class State:
    """How a recommender is, in a tone and a word that say the same, and in a sentence."""

    tone: str
    word: str
    detail: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """A recommender in the list."""

    key: str
    site: str
    algorithm: str
    url: str
    state: State
    champion: str
    progress: str


@dataclass(frozen=True, slots=True)
class AliasRow:
    """An alias: who has it, what is wrong with that one, and who had it before."""

    alias: str
    meaning: str
    holder: str
    problem: str
    earlier: str


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A move of an alias, in words."""

    at: datetime
    when: str
    text: str
    who: str
    reason: str
    tone: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A measured number: drift of a feature, or the change of CTR in an experiment."""

    name: str
    value: str
    tone: str
    word: str


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings with the moment they are of; `missing`: why there is none."""

    at: str
    rows: tuple[Reading, ...]
    missing: str
    plan: str


@dataclass(frozen=True, slots=True)
class RegistryView:
    """The page of a recommender."""

    state: State
    aliases: tuple[AliasRow, ...]
    artifacts: tuple[ArtifactRow, ...]
    older: int
    moves: tuple[MoveRow, ...]
    drift: Readings
    decay: Readings
    schedule: str
    is_waiting: bool


def list_row(recommender: Recommender, newest: Artifact | None, now: datetime) -> ListRow:
    """Return the row of a recommender; `newest`: its last artifact, ready or not."""
    champion = recommender.champion
    return ListRow(
        key=recommender.key,
        site=recommender.site.name,
        algorithm=recommender.algorithm,
        url=reverse("recommenders:registry-page", kwargs=arguments(recommender)),
        state=state_of(recommender, newest, now),
        champion=champion.version if champion else "",
        progress=training_text(newest, now) if newest else "",
    )


def state_of(recommender: Recommender, newest: Artifact | None, now: datetime) -> State:
    """Return how a recommender is: what needs somebody comes before what goes well."""
    if recommender.algorithm not in names():
        return State("bad", "Gone", f"no algorithm {recommender.algorithm} is installed any more")
    if why := missing(recommender.algorithm):
        return State("warn", "Cannot train", why)
    if newest and newest.status == Artifact.Status.FAILED:
        return State("bad", "Last training failed", newest.error)
    champion = recommender.champion
    if champion is None:
        return _without_champion(newest)
    trained = champion.ready_at or champion.created_at
    every = recommender.retrain_every_hours
    if every and now - trained > timedelta(hours=LATE * every):
        return State("warn", "Stale", f"trained {ago(trained, now)}; due every {every} h")
    return State("good", "Answers", f"trained {ago(trained, now)}")


def _without_champion(newest: Artifact | None) -> State:
    if newest is None:
        return State("idle", "Never trained", "there is nothing yet that could answer")
    if newest.status == Artifact.Status.READY:
        return State("warn", "Held back", "no artifact has passed the promotion gate")
    return State("info", "First training", "there is nothing yet that could answer")


def registry_view(recommender: Recommender, now: datetime) -> RegistryView:
    """Return everything the page of a recommender shows."""
    rows = recommender.artifacts.select_related("site", "started_from__recommender")
    newest = list(rows[:SHOWN])
    for artifact in newest:
        artifact.recommender = recommender
    held = [getattr(recommender, alias) for alias in Alias.values]
    shown = newest + [each for each in dict.fromkeys(held) if each and each not in newest]
    waiting = (Artifact.Status.QUEUED, Artifact.Status.TRAINING)
    return RegistryView(
        state=state_of(recommender, newest[0] if newest else None, now),
        aliases=tuple(_alias_row(recommender, alias) for alias in Alias),
        artifacts=tuple(artifact_row(each, now) for each in shown),
        older=max(recommender.artifacts.count() - len(shown), 0),
        moves=tuple(_move_row(each, recommender) for each in recommender.moves.all()[:MOVES]),
        drift=drift_readings(recommender),
        decay=decay_readings(recommender),
        schedule=_schedule(recommender),
        is_waiting=any(each.status in waiting for each in newest),
    )


def _alias_row(recommender: Recommender, alias: Alias) -> AliasRow:
    holder: Artifact | None = getattr(recommender, alias)
    earlier = before_now(recommender, alias)
    return AliasRow(
        alias=alias.value,
        meaning=MEANINGS[alias],
        holder=holder.version if holder else "",
        problem=why_unloadable(holder) if holder else "",
        earlier=earlier.version if earlier and holder else "",
    )


def _move_row(move: AliasMove, recommender: Recommender) -> MoveRow:
    verb = "went back" if move.is_rollback else "moved"
    route = f"{_version(move.before)} → {_version(move.after)}"
    overridden = " against the gate" if move.is_override else ""
    return MoveRow(
        at=move.at,
        when=short_moment(move.at, recommender.site),
        text=f"{move.alias.capitalize()} {verb}{overridden}: {route}",
        who="by itself" if move.actor == "armature" else f"by {move.actor}",
        reason=move.reason,
        tone="warn" if move.is_override or move.is_rollback else "idle",
    )


def _version(full_name: str) -> str:
    return full_name.partition("@")[2] or "nobody"


def _schedule(recommender: Recommender) -> str:
    full, warm = recommender.retrain_every_hours, recommender.warm_every_hours
    parts = [f"every {full} h from the beginning"] if full else []
    parts += [f"every {warm} h on from the last artifact"] if warm else []
    return " and ".join(parts) or "never by itself"


def drift_readings(recommender: Recommender) -> Readings:
    """Return the stability index of each feature, the largest first."""
    found: Mapping[str, float] = recommender.drift.get("features") or {}
    limit = recommender.drift_limit
    rows = tuple(
        Reading(name, f"{value:.2f}", *_drift_words(value))
        for name, value in sorted(found.items(), key=lambda each: -each[1])
    )
    plan = f"trained anew above {limit:g}" if limit else "watched only; never trained anew for it"
    return Readings(_at(recommender, recommender.drift), rows, _missing(recommender.drift), plan)


def _drift_words(value: float) -> tuple[str, str]:
    if value > LARGE:
        return "bad", "large shift"
    return ("warn", "some shift") if value > 0.1 else ("good", "stable")


def decay_readings(recommender: Recommender) -> Readings:
    """Return how CTR against control changed in each running experiment."""
    found = recommender.decay.get("experiments") or []
    rows = tuple(
        Reading(f"{each['key']}, {each['variant']}", *_decay_words(each)) for each in found
    )
    plan = "trained anew on decay" if recommender.watches_ctr else "never trained anew for it"
    none = "" if rows or not recommender.decay else "no running experiment uses it as a treatment"
    why = none or _missing(recommender.decay)
    return Readings(_at(recommender, recommender.decay), rows, why, plan)


def _decay_words(each: Mapping[str, Any]) -> tuple[str, str, str]:
    if each.get("missing"):
        return str(each["missing"]), "idle", "not known"
    value = f"{100 * each['change']:+.1f} % ({100 * each['low']:+.1f} to {100 * each['high']:+.1f})"
    return (value, "bad", "decays") if each["has_decayed"] else (value, "good", "holds")


def _missing(reading: Mapping[str, Any]) -> str:
    return str(reading.get("missing", "")) if reading else "not measured yet"


def _at(recommender: Recommender, reading: Mapping[str, Any]) -> str:
    at = reading.get("at")
    return short_moment(datetime.fromisoformat(at), recommender.site) if at else ""
