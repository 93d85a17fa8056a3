"""Which variants a unit belongs to, and why: asked by storefronts, recorded nowhere."""

from django.http import HttpRequest, HttpResponse

from experiments.api.answers import (
    Assignment,
    Assignments,
    ExplainedAssignment,
    ExplainedStep,
    Explanations,
)
from experiments.api.bodies import check_bag, decode, read_body
from experiments.api.keys import authenticate
from experiments.api.limits import spend
from experiments.api.storefront import json_answer, storefront
from experiments.assignment.assign import decide_experiment
from experiments.assignment.explain import Explanation, explain_experiment
from experiments.assignment.specs import Decision, ExperimentSpec, Reason
from experiments.errors import NotFound
from experiments.intake.shapes import AssignmentRequest, assignment_decoder
from experiments.snapshot import SiteSpec
from experiments.tokens import token_to_keep
from experiments.visits import Asked, visit_of


@storefront
def assignments(request: HttpRequest) -> HttpResponse:
    """Tell which variants a unit belongs to, with reasons; nothing is recorded."""
    site, body, asked = _read(request, "assign")
    visit = asked.visit
    wanted = _named(_askable(site, asked), body.experiment)
    decisions = [decide_experiment(each, visit, site.experiments) for each in wanted]
    answers = [
        _assignment(decision, site, experiment)
        for decision, experiment in zip(decisions, wanted, strict=True)
    ]
    return json_answer(Assignments(answers, asked.ignored))


@storefront
def explain(request: HttpRequest) -> HttpResponse:
    """Tell every step of each decision; it shows conditions and testers, so keys are secret."""
    site, body, asked = _read(request, "experiments")
    wanted = _named(list(site.experiments.values()), body.experiment)
    answers = [
        _explained(each, explain_experiment(each, asked.visit, site.experiments)) for each in wanted
    ]
    return json_answer(Explanations(answers, asked.ignored))


def _read(request: HttpRequest, scope: str) -> tuple[SiteSpec, AssignmentRequest, Asked]:
    key, snapshot = authenticate(request, scope)
    spend(key.digest)
    body = decode(read_body(request), assignment_decoder)
    check_bag("attributes", body.attributes)
    asked = visit_of(body, site_id=key.site_id, may_test=not key.is_publishable)
    return snapshot.sites[key.site_id], body, asked


def _askable(site: SiteSpec, asked: Asked) -> list[ExperimentSpec]:
    """Return the experiments that this caller may hear of: drafts only those it tests."""
    visit = asked.visit
    if visit.is_qa:
        return list(site.experiments.values())
    if not visit.forced:
        return site.published
    published = {experiment.id for experiment in site.published}
    return [
        each
        for each in site.experiments.values()
        if each.id in published or each.key in visit.forced
    ]


def _named(experiments: list[ExperimentSpec], key: str | None) -> list[ExperimentSpec]:
    """Return all, or the one that was asked for; raises NotFound with those that exist."""
    if key is None:
        return experiments
    found = [experiment for experiment in experiments if experiment.key == key]
    if not found:
        known = [experiment.key for experiment in experiments]
        raise NotFound(f"unknown experiment {key!r}", known=known, field="experiment")
    return found


def _assignment(decision: Decision, site: SiteSpec, experiment: ExperimentSpec) -> Assignment:
    variant = decision.variant
    return Assignment(
        experiment=experiment.key,
        phase=experiment.phase,
        variant=variant.key if variant else None,
        parameters=decision.parameters if variant else None,
        in_experiment=decision.in_experiment,
        reason=decision.reason,
        unit_type=decision.unit_type,
        kept_token=token_to_keep(experiment, decision, site_id=site.id),
    )


def _explained(experiment: ExperimentSpec, explanation: Explanation) -> ExplainedAssignment:
    variant = explanation.variant
    return ExplainedAssignment(
        experiment=experiment.key,
        status=experiment.status,
        phase=experiment.phase,
        variant=variant.key if variant else None,
        in_experiment=variant is not None and explanation.reason == Reason.SPLIT,
        reason=explanation.reason,
        unit_type=explanation.unit_type,
        unit_id=explanation.unit_id,
        decided_by=explanation.decided_by,
        steps=[
            ExplainedStep(step.name, step.verdict, step.value, step.detail)
            for step in explanation.steps
        ],
    )
