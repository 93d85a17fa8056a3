"""The form that asks for an evaluation."""

from typing import Any

from django import forms

from experiments.models import Site
from recommenders.evaluation.design import Design
from recommenders.models import Evaluation, Recommender
from recommenders.models.registry import SEED


class EvaluationForm(forms.Form):
    """Which recommenders, how the events are split, how long lists are."""

    keys = forms.MultipleChoiceField(required=False, label="Recommenders")
    split = forms.ChoiceField(choices=Evaluation.Split.choices, label="Split")
    folds = forms.IntegerField(min_value=1, max_value=20, initial=1, label="Windows of time")
    window_days = forms.IntegerField(
        min_value=1, max_value=365, required=False, label="Days in each window"
    )
    k = forms.IntegerField(min_value=1, max_value=100, initial=10, label="Length of lists")
    wanted = forms.ChoiceField(choices=Evaluation.Wanted.choices, label="Counts as wanted")
    keep_seen = forms.BooleanField(required=False, label="May list what a unit has seen")

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = Recommender.objects.filter(site=site).values_list("key", "algorithm")
        field: Any = self.fields["keys"]
        field.choices = [
            (key, key if key == algorithm else f"{key} ({algorithm})") for key, algorithm in keys
        ]

    def design(self) -> Design:
        """Return how the events are split; the form has to be valid."""
        given = self.cleaned_data
        return Design(
            split=given["split"],
            n_folds=given["folds"],
            window_days=given["window_days"],
            remove_seen=not given["keep_seen"],
            purchases_only=given["wanted"] == Evaluation.Wanted.PURCHASE,
            seed=SEED,
        )

    def said(self) -> str:
        """Return what was wrong, each fault with its field."""
        labels = {name: field.label for name, field in self.fields.items()}
        return " ".join(
            f"{labels.get(name, 'Form')}: {' '.join(map(str, texts))}"
            for name, texts in self.errors.items()
        )
