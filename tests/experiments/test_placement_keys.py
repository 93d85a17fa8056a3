"""A placement and an experiment of a site never share a key: both are fetched by it."""

import pytest
from django.core.exceptions import ValidationError

from experiments.errors import InvalidInput
from experiments.models import Placement
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db


def test_placement__with_the_key_of_an_experiment__is_refused() -> None:
    site = a_site()
    draft_experiment(site, "banner")
    layer = site.layers.get(key="home")

    with pytest.raises(ValidationError, match="key of an experiment"):
        Placement(site=site, key="banner", name="Banner", layer=layer).full_clean()
    Placement(site=a_site("other"), key="banner", name="Banner", layer=layer).full_clean()


def test_experiment__with_the_key_of_a_placement__is_refused() -> None:
    with pytest.raises(InvalidInput, match="key of a placement"):
        draft_experiment(a_site(), "cart")
