"""This room's exceptions."""

from experiments.errors import ArmatureError


class RecommenderError(ArmatureError):
    """Something a recommender cannot do."""

    code = "recommender_error"


class UnknownRecommender(RecommenderError):
    """A name that is not registered; lists those that are."""

    code = "unknown_recommender"
    status = 404


class PluginBroken(RecommenderError):
    """A recommender of another package that cannot be used."""

    code = "plugin_broken"
    status = 409


class SettingsError(RecommenderError):
    """A setting that an algorithm does not take."""

    code = "invalid_settings"


class TrainingError(RecommenderError):
    """Data from which nothing can be learned."""

    code = "cannot_train"
    status = 409


class EvaluationError(RecommenderError):
    """Figures that cannot be had of this data."""

    code = "cannot_evaluate"
    status = 409


class ArtifactError(RecommenderError):
    """An artifact that cannot serve."""

    code = "artifact_error"
    status = 409


class ArtifactMissing(ArtifactError):
    """An artifact whose folder or row is not there."""

    code = "artifact_missing"


class ArtifactDamaged(ArtifactError):
    """An artifact whose files are not what was written."""

    code = "artifact_damaged"


class PromotionRefused(RecommenderError):
    """An artifact that did not pass the promotion gate, or a name that cannot be moved so."""

    code = "promotion_refused"
    status = 409


class ArtifactFrozen(RecommenderError):
    """An artifact that a running experiment, or an alias, rests on."""

    code = "artifact_frozen"
    status = 409


class OutOfTime(RecommenderError):
    """A training that took longer than it may."""

    code = "out_of_time"


class ComparisonRefused(RecommenderError):
    """Lists that cannot be compared, or not now."""

    code = "comparison_refused"
    status = 409
