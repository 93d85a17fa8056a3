"""Is what the sites serve from there, whole and quick: champions' files and breakers."""

from collections import OrderedDict
from pathlib import Path

from django.conf import settings

from experiments.models import Site
from experiments.registries import HealthCheck
from recommenders.models import Artifact, Recommender
from recommenders.selectors import why_unloadable
from recommenders.serving.told import open_breakers

FIX = "Restore artifacts/ in the data folder, or train them anew: Admin → Recommenders."
FASTER = (
    "Another recommender answers meanwhile. Is it too slow: train it smaller, look for a slow "
    "database or disk, or raise ARMATURE_RECOMMEND_BUDGET_MS. Does it fail: the log says how."
)
TOLD = 3  # problems written out; of more their number

Signature = tuple[str, tuple[tuple[str, int, int], ...]]
MOST_KNOWN = 1_000
_known: OrderedDict[Signature, str] = OrderedDict()


def artifact_checks() -> list[HealthCheck]:
    """Return whether every champion can be opened; a fallback serves otherwise."""
    rows = Artifact.objects.filter(pk__in=Recommender.objects.values("champion"))
    problems = {
        row.full_name: problem
        for row in rows.select_related("recommender").order_by("pk")
        if (problem := why_damaged(row))
    }
    if not problems:
        return [HealthCheck("artifacts", "ok", f"the {len(rows)} champions can be opened")]
    told = [f"{name}: {problem}" for name, problem in list(problems.items())[:TOLD]]
    detail = f"{len(problems)} of {len(rows)} champions cannot serve, a fallback does. "
    return [HealthCheck("artifacts", "failed", detail + "; ".join(told), FIX)]


def why_damaged(artifact: Artifact) -> str:
    """Return why an artifact cannot be opened, "" when it can; read anew when files change."""
    signature = _signature(artifact)
    if signature not in _known:
        while len(_known) >= MOST_KNOWN:
            _known.popitem(last=False)
        _known[signature] = why_unloadable(artifact)
    return _known[signature]


def _signature(artifact: Artifact) -> Signature:
    """Return what tells without reading them whether files are those that were looked at."""
    folder = Path(settings.DATA_DIR) / artifact.path
    files = sorted(folder.iterdir()) if artifact.path and folder.is_dir() else []
    stats = [(path, path.stat()) for path in files]
    facts = tuple((path.name, stat.st_size, stat.st_mtime_ns) for path, stat in stats)
    return f"{folder}:{artifact.sha256}", facts


def breaker_checks() -> list[HealthCheck]:
    """Return whether any recommender is left alone, as it is too slow or fails."""
    found = open_breakers()
    if not found:
        return [HealthCheck("recommenders' speed", "ok", "every recommender answers in time")]
    names = dict(
        Site.objects.filter(pk__in={site for site, _key in found}).values_list("pk", "name")
    )
    told = [
        f"{key} of {names.get(site_id, site_id)} is {cause}"
        for (site_id, key), cause in found.items()
    ]
    return [HealthCheck("recommenders' speed", "degraded", ", ".join(told), FASTER)]
