"""Telling of findings that set in: a notice for each, once, and again only after it was over."""

from collections.abc import Iterable, Mapping
from typing import Any

from experiments import services as experiment_services
from experiments.lifecycle import UNDER_WAY
from experiments.models import Experiment, Notice

KIND = "trust"


def tell_findings(experiment: Experiment, findings: Iterable[Mapping[str, Any]]) -> None:
    """Raise a notice for each bad finding of a running experiment, and resolve what is over.

    A finding that could not be judged this time tells nothing: what stands, stands.
    """
    if experiment.status not in UNDER_WAY:
        return
    for finding in findings:
        if finding["state"] == "bad":
            _raise(experiment, finding)
        elif finding["state"] != "unknown":
            experiment_services.resolve_notice(
                site=experiment.site, onset_key=onset_key(experiment, finding["code"])
            )


def onset_key(experiment: Experiment, code: str) -> str:
    """Return what names the condition: the experiment, its phase and the check."""
    return f"{KIND}:{experiment.pk}:{experiment.phase}:{code}"


def _raise(experiment: Experiment, finding: Mapping[str, Any]) -> None:
    experiment_services.raise_notice(
        site=experiment.site,
        experiment=experiment,
        kind=KIND,
        severity=Notice.Severity.ALARM,
        title=f"{experiment.name}: the data cannot be trusted",
        detail=f"{finding['claim']} {finding['evidence']} {finding['action']}".strip(),
        onset_key=onset_key(experiment, finding["code"]),
    )
