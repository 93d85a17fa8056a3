"""What the registry's endpoints read and write."""

from typing import Any

from rest_framework import serializers

from experiments.api.strict import StrictInput
from recommenders.gate.findings import State
from recommenders.models import Alias, AliasMove, Artifact, Cause, Recommender
from recommenders.services import uses_of

MOST_CHARACTERS = 5_000
NEWEST = 20


class FindingSerializer(serializers.Serializer[Any]):
    """A check of the promotion gate: what was found, what is demanded, what to do."""

    code = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField([each.value for each in State])
    found = serializers.CharField()
    demanded = serializers.CharField()
    fix = serializers.CharField(allow_blank=True)
    is_hard = serializers.BooleanField()


class UseSerializer(serializers.Serializer[Any]):
    """A variant that an artifact answers for; `follows`: by which alias, "" for pinned."""

    experiment = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)
    variant = serializers.CharField()
    follows = serializers.CharField(allow_blank=True)


class ArtifactSerializer(serializers.ModelSerializer[Artifact]):
    """An artifact: what it learned from, how it was judged, where its training is."""

    name = serializers.CharField(source="full_name")
    cause = serializers.ChoiceField(Cause.choices)
    started_from = serializers.SlugRelatedField[Any](
        slug_field="full_name", read_only=True, allow_null=True
    )
    gate = FindingSerializer(many=True)
    used_by = serializers.SerializerMethodField()

    class Meta:
        model = Artifact
        fields = [
            "name",
            "version",
            "status",
            "error",
            "cause",
            "cause_detail",
            "started_from",
            "stage",
            "share",
            "stage_since",
            "sha256",
            "manifest",
            "metrics",
            "gate",
            "used_by",
            "created_at",
            "ready_at",
        ]

    def get_used_by(self, row: Artifact) -> list[dict[str, Any]]:
        """Return the variants it answers for."""
        return list(UseSerializer(uses_of(row), many=True).data)


class MoveSerializer(serializers.ModelSerializer[AliasMove]):
    """A move of an alias."""

    class Meta:
        model = AliasMove
        fields = [
            "alias",
            "before",
            "after",
            "at",
            "actor",
            "reason",
            "is_override",
            "is_rollback",
            "findings",
        ]


def _holder() -> Any:
    return serializers.SlugRelatedField(slug_field="full_name", read_only=True, allow_null=True)


class RecommenderSerializer(serializers.ModelSerializer[Recommender]):
    """A recommender with the holders of its aliases and its plan of training."""

    champion = _holder()
    challenger = _holder()
    fallback = _holder()

    class Meta:
        model = Recommender
        fields = [
            "key",
            "algorithm",
            "settings",
            "seed",
            "champion",
            "challenger",
            "fallback",
            "retrain_every_hours",
            "warm_every_hours",
            "drift_limit",
            "watches_ctr",
            "drift",
            "decay",
        ]


class RecommenderDetailSerializer(RecommenderSerializer):
    """The same with its newest artifacts, and the newest moves of its aliases."""

    artifacts = serializers.SerializerMethodField()
    moves = serializers.SerializerMethodField()

    class Meta(RecommenderSerializer.Meta):
        fields = [*RecommenderSerializer.Meta.fields, "artifacts", "moves"]

    def get_artifacts(self, row: Recommender) -> list[dict[str, Any]]:
        """Return the newest artifacts, newest first."""
        rows = row.artifacts.select_related("recommender", "started_from__recommender")[:NEWEST]
        return list(ArtifactSerializer(rows, many=True).data)

    def get_moves(self, row: Recommender) -> list[dict[str, Any]]:
        """Return the newest moves, newest first."""
        return list(MoveSerializer(row.moves.all()[:NEWEST], many=True).data)


class TrainInput(StrictInput):
    """How to train; `promote`: make it the champion when it passes the gate."""

    promote = serializers.BooleanField(default=True)
    is_warm = serializers.BooleanField(
        default=False, help_text="Learn on from the last artifact, where the algorithm can."
    )
    reason = serializers.CharField(max_length=MOST_CHARACTERS, default="", allow_blank=True)


class MoveInput(StrictInput):
    """A move of an alias, and why."""

    alias = serializers.ChoiceField(Alias.choices, default=Alias.CHAMPION)
    reason = serializers.CharField(max_length=MOST_CHARACTERS)


class PromoteInput(MoveInput):
    """Which artifact gets the alias; `artifact`: its name, such as hybrid@2026-11-20.3."""

    artifact = serializers.CharField(max_length=200)
