"""The experiment that a command names."""

from django.core.management.base import CommandError

from experiments.models import Experiment


def chosen_experiment(key: str, site: str | None) -> Experiment:
    """Return the experiment of a key, of the site that is named where several have it.

    Raises CommandError where there is none, or where the site has to be named.
    """
    rows = Experiment.objects.select_related("site").filter(key=key)
    found = list(rows if site is None else rows.filter(site__slug=site))
    if not found:
        raise CommandError(f"there is no experiment {key!r} in {site or 'any site'}")
    if len(found) > 1:
        sites = ", ".join(sorted(each.site.slug for each in found))
        raise CommandError(f"several sites have an experiment {key!r}: name one by --site, {sites}")
    return found[0]
