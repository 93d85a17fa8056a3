"""Which artifact answers for its recommender."""

from recommenders.errors import TrainingError
from recommenders.models import Artifact, Recommender


def promote_artifact(*, artifact: Artifact) -> Recommender:
    """Make a ready artifact the champion of its recommender; raises TrainingError otherwise."""
    if artifact.status != Artifact.Status.READY:
        raise TrainingError(f"{artifact.full_name} is {artifact.status}, not ready")
    recommender = artifact.recommender
    recommender.champion = artifact
    recommender.save(update_fields=["champion"])
    return recommender
