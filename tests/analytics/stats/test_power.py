"""What the power of a test rests on."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import normal_power

from analytics.errors import InvalidInputError
from analytics.stats.power import detection_constant, power_of
from analytics.stats.references import upper_quantile


def test_constant__one_sided__needs_fewer_units() -> None:
    assert detection_constant(is_one_sided=True) == pytest.approx(6.182557232, rel=1e-9)
    assert detection_constant(power=0.9) > detection_constant()


@given(effect=st.floats(0.01, 1), n=st.integers(10, 10**5), alpha=st.floats(0.001, 0.2))
def test_power__any_effect__agrees_with_statsmodels(effect: float, n: int, alpha: float) -> None:
    critical = upper_quantile(alpha / 2)

    found = power_of(effect, 1 / math.sqrt(n), critical_value=critical)

    assert found == pytest.approx(normal_power(effect, n, alpha), rel=1e-9)


def test_power__no_effect__is_alpha() -> None:
    assert power_of(0.0, 1.0, critical_value=upper_quantile(0.025)) == pytest.approx(0.05)
    assert power_of(0.0, 1.0, critical_value=upper_quantile(0.05), sides=1) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("effect", "se"), [(math.nan, 1.0), (math.inf, 1.0), (1.0, 0.0), (1.0, -1.0), (1.0, math.nan)]
)
def test_power__no_effect_with_its_error__raises(effect: float, se: float) -> None:
    with pytest.raises(InvalidInputError):
        power_of(effect, se, critical_value=1.96)


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, math.nan, math.inf])
def test_constant__impossible_alpha_or_power__raises(bad: float) -> None:
    with pytest.raises(InvalidInputError):
        detection_constant(alpha=bad)
    with pytest.raises(InvalidInputError):
        detection_constant(power=bad)
