"""How an experiment is analysed, as plain values: its own settings, or the defaults."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from django.core.exceptions import ValidationError

from analytics.models import AnalysisSettings
from analytics.models.settings import Correction
from experiments.errors import InvalidInput
from experiments.models import Experiment


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings of an analysis; `AnalysisSettings` says what each of them means."""

    alpha: float = 0.05
    correction: str = Correction.HOLM.value
    secondary_correction: str = Correction.BENJAMINI_HOCHBERG.value
    uses_cuped: bool = True
    uses_winsor: bool = True
    basis: str = AnalysisSettings.Basis.SERVED.value
    level: int = AnalysisSettings.Level.L95.value

    def to_dict(self) -> dict[str, Any]:
        """Return the settings by name, JSON-ready."""
        return asdict(self)

    def changed(self, **others: Any) -> "Choices":
        """Return the settings with some replaced; raises InvalidInput on a name that is none."""
        known = [field.name for field in fields(self)]
        if unknown := sorted(set(others) - set(known)):
            raise InvalidInput(
                f"{unknown[0]!r} is no setting of an analysis",
                field=unknown[0],
                hint=f"Known: {', '.join(known)}.",
            )
        return replace(self, **others)


def choices_of(experiment: Experiment) -> Choices:
    """Return how an experiment is analysed; the defaults where nobody chose otherwise."""
    row = AnalysisSettings.objects.filter(experiment=experiment).first()
    return Choices() if row is None else of_row(row)


def of_row(row: AnalysisSettings) -> Choices:
    """Return the settings that a row holds."""
    return Choices(**{field.name: getattr(row, field.name) for field in fields(Choices)})


def require_valid(row: AnalysisSettings) -> None:
    """Raise InvalidInput, with the field, on settings that an analysis cannot have."""
    try:
        row.full_clean(exclude=["experiment"], validate_unique=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        named = "alpha" if field == "__all__" else field  # the one rule of the table itself
        raise InvalidInput(messages[0].rstrip("."), field=named) from error
    if problem := misfit(row):
        raise InvalidInput(problem, field="correction", hint="Choose Holm or Bonferroni.")


def misfit(row: AnalysisSettings) -> str:
    """Return why the settings do not fit the experiment, "" where they do."""
    is_watched = row.experiment.monitoring == Experiment.Monitoring.ALWAYS_VALID
    if row.correction == Correction.DUNNETT and is_watched:
        return "Dunnett's correction holds for one look at a fixed horizon, not for every look"
    return ""
