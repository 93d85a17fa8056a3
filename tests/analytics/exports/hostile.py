"""A report whose every name is an attack."""

from analytics.models import Metric
from experiments.models import Experiment, Site, Variant
from tests.analytics.rows import Shares, a_run

NAME = "\"><script>alert(1)</script>\n=cmd|' /C calc'!A0 \u202egpj.exe\u0007 & ]]> <b>"
FEW = {"control": Shares(90, 0.3), "treatment": Shares(80, 0.4)}


def a_hostile_run() -> Experiment:
    """Return a run whose site, experiment, variants and metrics carry the name, not analysed."""
    experiment = a_run(FEW)
    Site.objects.update(name=f"site {NAME}")
    Experiment.objects.update(name=NAME, hypothesis=NAME)
    for variant in Variant.objects.all():
        Variant.objects.filter(pk=variant.pk).update(name=f"{variant.key} {NAME}")
    Metric.objects.update(name=NAME)
    return Experiment.objects.get(pk=experiment.pk)
