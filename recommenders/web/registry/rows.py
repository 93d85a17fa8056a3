"""Artifacts as the registry shows them: one row of facts each, nothing left to compute."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from experiments.models import Experiment
from experiments.web.moments import short_moment
from recommenders.artifacts import MANIFEST
from recommenders.models import Alias, Artifact
from recommenders.services import Use, uses_of
from recommenders.services.following import holds
from recommenders.web.registry.texts import (
    STATES,
    TONES,
    WORDS,
    cause_text,
    metric_texts,
    rows_text,
    size_text,
    training_text,
    window_text,
)


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A check of the gate: `tone` and `word` say the same."""

    name: str
    tone: str
    word: str
    found: str
    demanded: str
    fix: str


@dataclass(frozen=True, slots=True)
class UseRow:
    """An experiment that an artifact answers in."""

    name: str
    pk: int
    how: str


@dataclass(frozen=True, slots=True)
class ArtifactRow:
    """An artifact written out; what is not known yet is ""."""

    pk: int
    version: str
    full_name: str
    aliases: tuple[str, ...]
    tone: str
    word: str
    problem: str
    progress: str
    share: int
    window: str
    counts: str
    metric: str
    gain: str
    size: str
    sha256: str
    files: str
    load: str
    cause: str
    made: str
    settings: str
    seed: str
    code: str
    findings: tuple[FindingRow, ...]
    uses: tuple[UseRow, ...]
    is_ready: bool


def artifact_row(artifact: Artifact, now: datetime) -> ArtifactRow:
    """Return the row of an artifact; reads of its files only whether they are there."""
    manifest = artifact.manifest
    problem = _failure(artifact) or _missing(artifact)
    tone, word = STATES[Artifact.Status(artifact.status)]
    metric, gain = metric_texts(artifact.metrics)
    load_ms = manifest.get("load_ms")
    return ArtifactRow(
        pk=artifact.pk,
        version=artifact.version,
        full_name=artifact.full_name,
        aliases=tuple(alias for alias in Alias.values if holds(artifact, alias)),
        tone="bad" if problem else tone,
        word="Files missing" if problem and not artifact.error else word,
        problem=problem,
        progress=training_text(artifact, now),
        share=round(100 * (artifact.share or 0)),
        window=window_text(manifest, artifact.site),
        counts=rows_text(manifest),
        metric=metric,
        gain=gain,
        size=size_text(manifest.get("bytes")),
        sha256=artifact.sha256,
        files="NumPy arrays and a JSON manifest, format 1" if artifact.sha256 else "",
        load="" if load_ms is None else f"{load_ms:,.0f} ms",
        cause=cause_text(artifact),
        made=short_moment(artifact.ready_at or artifact.created_at, artifact.site),
        settings=_settings(manifest.get("settings")),
        seed=str(manifest.get("seed", "")),
        code=str(manifest.get("code_version", "")),
        findings=finding_rows(artifact),
        uses=tuple(map(_use_row, uses_of(artifact))) if artifact.sha256 else (),
        is_ready=artifact.status == Artifact.Status.READY,
    )


def _settings(found: object) -> str:
    return json.dumps(found, sort_keys=True) if found is not None else ""


def _failure(artifact: Artifact) -> str:
    """Return why a training failed, and at what it was."""
    at = f"while {artifact.stage}: " if artifact.stage else ""
    return f"{at}{artifact.error}" if artifact.error else ""


def _missing(artifact: Artifact) -> str:
    """Return what is wrong with the files of a ready artifact, as far as a look can tell."""
    if artifact.status != Artifact.Status.READY:
        return ""
    if (Path(settings.DATA_DIR) / artifact.path / MANIFEST).is_file():
        return ""
    return "its files are not in the data folder: restore artifacts/, or train it anew"


def finding_rows(artifact: Artifact) -> tuple[FindingRow, ...]:
    """Return the checks of an artifact's gate, what speaks against it first."""
    order = ("failed", "unknown", "passed", "exempt")
    rows = sorted(artifact.gate, key=lambda each: order.index(each["state"]))
    return tuple(
        FindingRow(
            each["name"],
            TONES[each["state"]],
            WORDS[each["state"]],
            each["found"],
            each["demanded"],
            each["fix"],
        )
        for each in rows
    )


def _use_row(use: Use) -> UseRow:
    experiment: Experiment = use.experiment
    how = f"follows the {use.follows}" if use.follows else "pinned"
    return UseRow(f"{experiment.name}, {use.variant}", experiment.pk, f"{experiment.status}, {how}")
