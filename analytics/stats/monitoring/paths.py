"""The sums of a test as a moving cloud: how much of it has crossed no boundary yet.

The score S(t) of a test at information t is a Brownian motion with drift θ: normal,
mean θt, variance t, z = S / √t. Its density among the paths still inside is carried
from look to look by quadrature. Source: Armitage, McPherson & Rowe (1969), JRSS-A 132.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from analytics.errors import InvalidInputError
from analytics.stats.quadrature import PANEL_NODES, Floats, panel_rule

# Panels as wide as so many standard deviations of the narrower step beside them: four
# nodes per deviation leave an error near 1e-14, with far fewer nodes than Simpson needs.
PANEL_DEVIATIONS = 5.0
REACH = 10.0  # deviations beyond which no path is followed
MOST_PAIRS = 10**8  # of nodes, from look to look: beyond, a step takes gigabytes


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths that are still inside at `time`: their places (n,) and probabilities (n,)."""

    time: float
    places: Floats
    masses: Floats

    @classmethod
    def start(cls) -> "Paths":
        """Return all paths where they begin: at 0, before any information."""
        return cls(0.0, np.zeros(1), np.ones(1))

    def under(self, drift: float) -> "Paths":
        """Return the same paths, computed without drift, weighted as if there were one.

        The likelihood ratio of a Brownian path is exp(θS − θ²t/2), its end alone.
        """
        ratio = np.exp(drift * self.places - drift**2 * self.time / 2)
        return Paths(self.time, self.places, self.masses * ratio)

    def mass_above(self, time: float, place: float, *, drift: float = 0.0) -> float:
        """Return the probability to be inside until now and above `place` at `time`."""
        step = time - self.time
        return float(ndtr((self.places + drift * step - place) / math.sqrt(step)) @ self.masses)

    def mass_below(self, time: float, place: float, *, drift: float = 0.0) -> float:
        """Return the probability to be inside until now and below `place` at `time`."""
        step = time - self.time
        return float(ndtr((place - self.places - drift * step) / math.sqrt(step)) @ self.masses)

    def inside(
        self,
        time: float,
        bound: float,
        *,
        sides: int = 2,
        next_time: float | None,
        drift: float = 0.0,
    ) -> "Paths":
        """Return the paths whose z stays below `bound` at `time`, and above −`bound` if two-sided.

        They are followed ten deviations either way of where all of them drift, no further.
        """
        root, centre = math.sqrt(time), drift * time
        low, high = centre - REACH * root, min(bound * root, centre + REACH * root)
        if sides == 2:
            low = max(low, -bound * root)
        return self.between(time, low, high, next_time=next_time, drift=drift)

    def between(
        self, time: float, low: float, high: float, *, next_time: float | None, drift: float = 0.0
    ) -> "Paths":
        """Return the paths inside [low, high] at `time`.

        The nodes resolve this step and the one to `next_time`, whichever is finer. Raises
        InvalidInputError where that takes more than can be computed.
        """
        if next_time is None or low >= high:
            return Paths(time, np.zeros(1), np.zeros(1))  # nothing comes after, or is inside
        variance = time - self.time
        finer = min(variance, next_time - time)
        panels = max(1, math.ceil((high - low) / (PANEL_DEVIATIONS * math.sqrt(finer))))
        if panels * PANEL_NODES * len(self.places) > MOST_PAIRS:
            raise InvalidInputError(f"looks at {time} and {next_time} are too close together")
        places, weights = panel_rule(np.linspace(low, high, panels + 1))
        centres = self.places + drift * variance
        kernel = np.exp(-((places[:, None] - centres) ** 2) / (2 * variance))
        density = kernel @ self.masses / math.sqrt(2 * math.pi * variance)
        return Paths(time, places, weights * density)
