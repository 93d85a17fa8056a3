"""What the set-up of an experiment asks of this room: settings, artifacts and live samples."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from experiments.assignment.specs import UnitIds
from experiments.clock import microseconds
from experiments.desks import Sample, SampleItem, Setting, VariantDesk
from experiments.intake.hints import queue_on_commit
from experiments.models import Placement, Site
from experiments.money import money_text
from experiments.subjects.hashing import stored_id
from recommenders import state
from recommenders.base import checked_settings
from recommenders.errors import UnknownRecommender
from recommenders.models import Alias, Artifact, Item, Recommender
from recommenders.registry import fitted_class
from recommenders.reranking.settings import checked_rerank, with_defaults
from recommenders.services import request_training
from recommenders.serving import Served, Wish, serve
from recommenders.tasks import train_artifact

MOST_ARTIFACTS = 10
KEY_LENGTH = 80
# Why a list is not the chosen recommender's own, in a manager's words.
NOTES = {
    "no_artifact": "not trained yet, so this is what stands in for it",
    "artifact_missing": "its artifact is missing, so this is what stands in for it",
    "unknown_unit": "it does not know this shopper, so this is what stands in for it",
    "no_known_items": "it knows none of the items on the shelf",
    "refilled": "too short, filled up from the catalogue",
    "recommender_failed": "it failed, so this is what stands in for it",
}


def settings_of(site: Site, key: str) -> list[Setting]:
    """Return the settings of a recommender, each with the value it is trained with."""
    row = Recommender.objects.filter(site=site, key=key).first()
    try:
        defaults = fitted_class(row.algorithm).defaults if row else {}
    except UnknownRecommender:  # its plug-in was taken out; the launch checks say so
        return []
    complete = checked_settings(row.settings, defaults) if row else {}
    return [Setting(name, value) for name, value in complete.items()]


def artifacts_of(site: Site, key: str) -> list[tuple[str, str]]:
    """Return what of a recommender may answer: the newest at the start, the champion, one named."""
    rows = Artifact.objects.filter(
        site=site, recommender__key=key, status=Artifact.Status.READY
    ).select_related("recommender")
    named = [(row.full_name, f"only {row.version}") for row in rows[:MOST_ARTIFACTS]]
    follow = [(alias, f"follow the {alias}") for alias in (Alias.CHAMPION, Alias.CHALLENGER)]
    return [("", "the newest when it starts"), *follow, *named]


@transaction.atomic
def settle(
    site: Site, parameters: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parameters with a recommender that is trained with these settings.

    What a recommender learned cannot be set otherwise afterwards: other settings are another
    recommender, made once and queued for training. Raises SettingsError that names the setting,
    one of re-ranking included.
    """
    checked_rerank(parameters.get("rerank", {}))
    key = str(parameters.get("recommender") or "")
    row = Recommender.objects.filter(site=site, key=key).first()
    if row is None or not settings:
        return dict(parameters)
    defaults = fitted_class(row.algorithm).defaults
    own = checked_settings(row.settings, defaults)
    wanted = checked_settings({**own, **settings}, defaults)
    if wanted == own:
        return dict(parameters)
    changed = {name: value for name, value in wanted.items() if value != own[name]}
    other = _recommender_with(row, wanted, changed)
    kept = {name: value for name, value in parameters.items() if name != "artifact"}
    return {**kept, "recommender": other.key}


def _recommender_with(
    row: Recommender, wanted: dict[str, Any], changed: Mapping[str, Any]
) -> Recommender:
    """Return the site's recommender of the same algorithm with these settings, made if need be."""
    defaults = fitted_class(row.algorithm).defaults
    for other in Recommender.objects.filter(site=row.site, algorithm=row.algorithm):
        if checked_settings(other.settings, defaults) == wanted:
            return other
    made = Recommender.objects.create(
        site=row.site,
        key=_free_key(row, changed),
        algorithm=row.algorithm,
        settings=wanted,
    )
    _queue_training(made)
    return made


def _free_key(row: Recommender, changed: Mapping[str, Any]) -> str:
    """Return a key that tells what is different, such as item_knn-neighbours-20."""
    told = "-".join(f"{name}-{_slug_of(value)}" for name, value in changed.items())
    wish = f"{row.algorithm}-{told}"[: KEY_LENGTH - 4]
    taken = set(Recommender.objects.filter(site=row.site).values_list("key", flat=True))
    numbered = (wish if number == 1 else f"{wish}-{number}" for number in range(1, 1_000))
    return next(key for key in numbered if key not in taken)


def _slug_of(value: Any) -> str:
    return slugify(str(value).replace(",", "-").replace(".", "_")) or "none"


def _queue_training(recommender: Recommender) -> None:
    artifact = request_training(site=recommender.site, key=recommender.key)
    queue_on_commit(train_artifact, artifact.pk)


def sample(
    site: Site,
    parameters: Mapping[str, Any],
    unit_id: str,
    k: int,
    placement: Placement | None = None,
) -> Sample:
    """Return the list that these parameters give a unit, served as ever but recorded nowhere.

    Whatever is left to chance falls as it would for one request, always the same.
    """
    wish = Wish(
        site.pk,
        UnitIds(visitor_id=stored_id(unit_id, site_id=site.pk, hash_ids=site.hash_ids)),
        k,
        placement=placement.key if placement else "",
        now_us=microseconds(timezone.now()),
    )
    complete = with_defaults(parameters, placement.parameters if placement else {})
    served = serve(wish, complete, state.current())
    return Sample(_items(site, served), served.artifact or served.recommender, _note(served))


def _items(site: Site, served: Served) -> tuple[SampleItem, ...]:
    ids = [item.item_id for item in served.items]
    titles = dict(Item.objects.filter(site=site, item_id__in=ids).values_list("item_id", "title"))
    return tuple(
        SampleItem(
            item.item_id,
            titles.get(item.item_id, item.item_id),
            item.category,
            money_text(item.price, site.currency),
        )
        for item in served.items
    )


def _note(served: Served) -> str:
    return NOTES.get(served.fallback, served.fallback.replace("_", " "))


DESK = VariantDesk(settings=settings_of, artifacts=artifacts_of, settle=settle, sample=sample)
