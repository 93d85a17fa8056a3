"""Rollups made again from the raw rows, or compared with them."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analytics.models import RollupState
from analytics.rollups.applying import restart
from analytics.rollups.building import build_phase
from analytics.rollups.checking import Difference, differences, readable_plans
from analytics.rollups.plans import Plan, plans_of
from analytics.rollups.states import ask_for_rollups, is_open
from config.driving.background import bar
from experiments.models import Experiment, Exposure

SHOWN = 20  # differences of one phase that are printed; all are counted


class Command(BaseCommand):
    """Makes rollups again from the rows they are sums of; with --check only compares."""

    help = "Make the sums that reports read again from the raw rows, or compare them (--check)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take which experiments, and whether they are only compared."""
        parser.add_argument("--site", help="slug of a site; all without")
        parser.add_argument("--experiment", help="key of an experiment; all without")
        parser.add_argument(
            "--check", action="store_true", help="write nothing; exit 1 when anything differs"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Recount or compare what was chosen, phase by phase."""
        experiments = _chosen(options["site"], options["experiment"])
        keys = {experiment.pk for experiment in experiments}
        if options["check"]:
            self._check(readable_plans(experiment_id__in=keys))
        else:
            self._recount(experiments)

    def _recount(self, experiments: list[Experiment]) -> None:
        plans = _restarted(experiments)
        for plan in plans:
            with _progress(plan) as advance:
                build_phase(plan.experiment.pk, plan.phase, progress=advance)
            self._say(plan, "recounted")
        self._require_complete(plans)

    def _require_complete(self, plans: list[Plan]) -> None:
        keys = [state.pk for plan in plans for state in plan.states]
        failed = RollupState.objects.filter(pk__in=keys, status=RollupState.Status.FAILED)
        if found := failed.select_related("experiment", "metric").first():
            raise CommandError(
                f"{failed.count()} could not be recounted; {found.metric.key} of"
                f" {found.experiment.key}: {found.error}. Reports read the rows until it can."
            )

    def _check(self, plans: list[Plan]) -> None:
        total = sum(self._check_plan(plan) for plan in plans)
        if total:
            raise CommandError(
                f"{total} sums differ from their rows; `recount` without --check mends them."
            )

    def _check_plan(self, plan: Plan) -> int:
        count = 0
        with _progress(plan) as advance:
            for found in differences(plan, progress=advance):
                count += 1
                if count <= SHOWN:
                    self.stdout.write(_line(plan, found))
        self._say(plan, f"compared, {count} differ" if count else "compared, all agree")
        return count

    def _say(self, plan: Plan, outcome: str) -> None:
        metrics = "metric" if len(plan.states) == 1 else "metrics"
        self.stdout.write(f"{_name(plan)}, {len(plan.states)} {metrics}: {outcome}")


def _chosen(site: str | None, key: str | None) -> list[Experiment]:
    rows = Experiment.objects.select_related("site").order_by("pk")
    if site is not None:
        rows = rows.filter(site__slug=site)
    if key is not None:
        rows = rows.filter(key=key)
    if (site or key) and not rows.exists():
        raise CommandError(f"there is no experiment {key or ''!r} in the site {site or 'any'!r}")
    return list(rows)


def _restarted(experiments: list[Experiment]) -> list[Plan]:
    """Let everything of these experiments be built anew, and what is missing for the first time.

    What was closed stays: its rows may have been exported and dropped since.
    """
    now = timezone.now()
    for experiment in experiments:
        if is_open(experiment, now):
            ask_for_rollups(experiment, now)
    states = list(
        RollupState.objects.filter(experiment__in=experiments)
        .exclude(status=RollupState.Status.CLOSED)
        .select_related("experiment__site", "metric")
    )
    restart(states)
    return plans_of(states)


def _progress(plan: Plan) -> Any:
    units = Exposure.objects.filter(experiment=plan.experiment, phase=plan.phase).count()
    return bar(_name(plan), units)


def _name(plan: Plan) -> str:
    return f"{plan.experiment.site.slug}/{plan.experiment.key} phase {plan.phase}"


def _line(plan: Plan, found: Difference) -> str:
    kept, due = ("no row" if row is None else str(row) for row in (found.kept, found.due))
    return f"{_name(plan)} {found.metric} {found.unit_id}: kept {kept}, due {due}"
