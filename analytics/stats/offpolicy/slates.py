"""The value of a policy that shows whole lists, under different beliefs about clicks.

Standard: a click may depend on the whole list. Cascade: only on the slots above. Item
by item: on nothing but the slot. The stronger the belief, the smaller the variance, and
the larger the bias when it is wrong.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidInputError
from analytics.stats.arrays import finite_array, require_between, require_same_shape
from analytics.stats.offpolicy.values import Clusters, PolicyValue, mean_value

Floats = NDArray[np.float64]
MAX_WEIGHT = 1e40  # of a slot or a slate: beyond it squared terms overflow, and nothing is left


@dataclass(frozen=True, slots=True, eq=False)
class SlateLog:
    """Slates of one log: `weights` w_j = π / μ of the item at slot j and `rewards` r_j, (n, L).

    For `sips`, `rips` and `cascade_dr` the weights are of each slot given the slots
    above; for `iips` and `pseudo_inverse` of the slot by itself.
    """

    weights: Floats
    rewards: Floats
    units: Clusters = None

    @classmethod
    def of(cls, weights: ArrayLike, rewards: ArrayLike, *, units: Clusters = None) -> Self:
        """Return the checked log; raises InvalidInputError on weights below 0 and bad shapes."""
        w = require_between("weights", finite_array("weights", weights, ndim=2), 0, MAX_WEIGHT)
        r = finite_array("rewards", rewards, ndim=2)
        require_same_shape(weights=w, rewards=r)
        if w.shape[1] == 0:
            raise InvalidInputError("slates must have slots")
        return cls(w, r, units)

    def prefix_weights(self) -> Floats:
        """Return W_{1:j} = ∏_{l ≤ j} w_l, shape (n, L); raises InvalidInputError on overflow."""
        with np.errstate(over="ignore"):
            products = np.cumprod(self.weights, axis=1)
        if not (products <= MAX_WEIGHT).all():
            raise InvalidInputError(f"the product of a slate's weights exceeds {MAX_WEIGHT:g}")
        return np.asarray(products, dtype=np.float64)


def sips(log: SlateLog, *, alpha: float = 0.05) -> PolicyValue:
    """Return the mean of ∏ w_j · Σ r_j: unbiased without a belief, hopeless on long lists."""
    terms = log.prefix_weights()[:, -1] * log.rewards.sum(axis=1)
    return mean_value("sips", terms, clusters=log.units, alpha=alpha)


def iips(log: SlateLog, *, alpha: float = 0.05) -> PolicyValue:
    """Return the mean of Σ w_j r_j: clicks depend on the item and its slot alone.

    Source: Li, Abbasi-Yadkori, Kveton, Muthukrishnan, Vinay & Wen (2018), Offline
    Evaluation of Ranking Policies with Click Models, KDD.
    """
    terms = (log.weights * log.rewards).sum(axis=1)
    return mean_value("iips", terms, clusters=log.units, alpha=alpha)


def rips(log: SlateLog, *, alpha: float = 0.05) -> PolicyValue:
    """Return the mean of Σ_j W_{1:j} r_j: clicks depend on the slots above.

    Source: McInerney, Brost, Chandar, Mehrotra & Carterette (2020), KDD.
    """
    terms = (log.prefix_weights() * log.rewards).sum(axis=1)
    return mean_value("rips", terms, clusters=log.units, alpha=alpha)


def pseudo_inverse(log: SlateLog, *, alpha: float = 0.05) -> PolicyValue:
    """Return the mean of (Σ w_j − L + 1) · Σ r_j: the slate's reward is a sum over its slots.

    For logging that draws each slot on its own. Needs only the whole slate's reward.
    Source: Swaminathan et al. (2017), Off-policy Evaluation for Slate Recommendation, NeurIPS.
    """
    length = log.weights.shape[1]
    terms = (log.weights.sum(axis=1) - length + 1) * log.rewards.sum(axis=1)
    return mean_value("pseudo_inverse", terms, clusters=log.units, alpha=alpha)


def cascade_dr(
    log: SlateLog, predicted: ArrayLike, predicted_target: ArrayLike, *, alpha: float = 0.05
) -> PolicyValue:
    """Return the mean of Σ_j [W_{1:j} (r_j − q̂_j(a_j)) + W_{1:j−1} E_π q̂_j].

    `predicted`: q̂_j of the shown item, `predicted_target`: its mean under π, both (n, L),
    each given the slots above. Unbiased for any q̂; of least variance when q̂_j foretells
    the rewards of slot j and of all below. Source: Kiyohara, Saito, Matsuhiro, Narita,
    Shimizu & Yamamoto (2022), WSDM.
    """
    q_a = finite_array("predicted", predicted, ndim=2)
    q_pi = finite_array("predicted target", predicted_target, ndim=2)
    require_same_shape(weights=log.weights, predicted=q_a, predicted_target=q_pi)
    upto = log.prefix_weights()
    above = np.hstack([np.ones((len(upto), 1)), upto[:, :-1]])
    terms = (upto * (log.rewards - q_a) + above * q_pi).sum(axis=1)
    return mean_value("cascade_dr", terms, clusters=log.units, alpha=alpha)


def position_based(
    rewards: ArrayLike,
    logged: ArrayLike,
    target: ArrayLike,
    examination: ArrayLike,
    *,
    units: Clusters = None,
    alpha: float = 0.05,
) -> PolicyValue:
    """Return the mean of Σ_j r_j · Σ_k π(a_j at k) p_k / Σ_k μ(a_j at k) p_k.

    A click is a slot that is looked at (probability p_k) times an item that attracts.
    `rewards`: (n, L). `logged`, `target`: (n, L, K), the probability of the item shown at
    j to be at slot k. `examination`: p, (K,). Source: Li et al. (2018), KDD.
    """
    r, p = finite_array("rewards", rewards, ndim=2), finite_array("examination", examination)
    mu = require_between("logged", finite_array("logged", logged, ndim=3), 0, 1)
    pi = require_between("target", finite_array("target", target, ndim=3), 0, 1)
    require_between("examination", p, 0, 1)
    require_same_shape(logged=mu, target=pi)
    if mu.shape[:2] != r.shape or mu.shape[2:] != p.shape:
        raise InvalidInputError(f"shapes {r.shape}, {mu.shape}, {p.shape} do not fit")
    seen = mu @ p
    require_between("looked-at share of a shown item", seen, 1 / MAX_WEIGHT)
    terms = (r * (pi @ p) / seen).sum(axis=1)
    return mean_value("position_based", terms, clusters=units, alpha=alpha)
