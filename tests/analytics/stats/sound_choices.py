"""A sound call of every public function about bandits, interleaving and logged policies."""

from analytics.stats.adaptive import aipw, posteriors, thompson
from analytics.stats.adaptive.aipw import Weighting
from analytics.stats.interleaving import balanced, credit, lists, optimised, preference, team_draft
from analytics.stats.interleaving.credit import Click, Purchase
from analytics.stats.interleaving.optimised import CreditRule
from analytics.stats.offpolicy import diagnostics, doubly_robust, estimators, report, slates
from analytics.stats.results import Monitoring
from tests.analytics.stats.sound_inputs import GRID, LOG, RNG, SLATES, call

POSTERIORS = [posteriors.beta_posterior(20, 80), posteriors.beta_posterior(25, 75)]
RANKINGS = {"a": ["x", "y", "z"], "b": ["y", "z", "x"], "k": 3}
TEAMS = [RANKINGS["a"], RANKINGS["b"]]
MIXED = team_draft.draft(["xyz", "yzx"], 3, [(0, 1), (1, 0)])
BALANCED = balanced.balance(["x", "y", "z"], ["y", "z", "x"], 3, coin=0)
CLICKS = [Click("one", "y", 10), Click("one", "x", 20)]
EARNED = [("u1", (1, 0)), ("u2", (0, 2)), ("u3", (1, 1)), ("u4", (0, 1))]
DECISIONS = {"outcomes": [1.0, 0.0, 1.0, 1.0], "is_chosen": [1, 0, 1, 0]}
ODDS = [0.5, 0.6, 0.7, 0.8]
SCORES = [2.0, 1.0, 1.0, 1.0]
PLACES = [[[0.5, 0.5], [0.5, 0.5]]]

ADAPTIVE = [
    call(aipw.aipw_scores, **DECISIONS, propensities=ODDS, predictions=[0.0, 1.0, 1.0, 1.0]),
    call(aipw.decision_weights, propensities=ODDS, weighting=Weighting.CONSTANT_ALLOCATION),
    call(aipw.running_means, **DECISIONS, batches=[0, 0, 1, 1], start=0.0),
    call(aipw.adaptive_estimate, scores=SCORES, weights=ODDS, alpha=0.05),
    call(aipw.adaptive_effect, control=(ODDS, ODDS), treatment=(SCORES, ODDS), alpha=0.05),
    call(posteriors.beta_posterior, successes=5, failures=35, prior=(1.0, 1.0)),
    call(posteriors.normal_posterior, n=50, mean=2.4, variance=9.0, prior_mean=2.0, prior_n=10.0),
    call(thompson.best_probabilities, posteriors=POSTERIORS),
    call(thompson.best_probabilities_by_draws, posteriors=POSTERIORS, rng=RNG, n_draws=2000),
    call(thompson.top_two, probabilities=[0.7, 0.3], beta=0.5),
    call(thompson.with_floor, probabilities=[0.7, 0.3], floor=0.05),
    call(thompson.choose_variants, probabilities=[0.7, 0.3], size=5, rng=RNG),
]

INTERLEAVING = [
    call(balanced.balanced, **RANKINGS, rng=RNG),
    call(balanced.balance, **RANKINGS, coin=0),
    call(
        balanced.balanced_credit,
        mixed=BALANCED,
        a=RANKINGS["a"],
        b=RANKINGS["b"],
        clicked=["x", "z"],
    ),
    call(credit.click_credits, lists={"one": MIXED}, clicks=CLICKS),
    call(
        credit.purchase_credits,
        lists={"one": MIXED},
        clicks=CLICKS,
        purchases=[Purchase("x", 30)],
        window_us=100,
    ),
    call(credit.winner_of, earned=[1, 3], first=0, second=1),
    call(lists.require_rankings, rankings=TEAMS, k=3, n=2),
    call(lists.shared_prefix, rankings=TEAMS, k=3),
    call(optimised.optimised_design, **RANKINGS),
    call(optimised.allowed_lists, **RANKINGS),
    call(
        optimised.item_credit,
        item="x",
        a=RANKINGS["a"],
        b=RANKINGS["b"],
        rule=CreditRule.LINEAR,
    ),
    call(optimised.sensitivity, slot_credits=[1.0, -1.0, 0.0]),
    call(preference.unit_scores, outcomes=[("u1", 1), ("u2", -1), ("u2", 0)]),
    call(
        preference.preference_test,
        scores=[1.0, -0.5, 0.0, 1.0],
        monitoring=Monitoring.FIXED,
        alpha=0.05,
        planned_n=900,
    ),
    call(preference.sign_test, wins_a=460, wins_b=540, ties=500, alpha=0.05),
    call(preference.units_to_detect, share=0.51, alpha=0.05, power=0.8),
    call(
        preference.pair_preferences,
        earned=EARNED,
        monitoring=Monitoring.FIXED,
        alpha=0.05,
        planned_n=900,
    ),
    call(team_draft.team_draft, rankings=TEAMS, k=3, rng=RNG),
    call(team_draft.draft, rankings=TEAMS, k=3, orders=[(0, 1), (1, 0)]),
]

OFF_POLICY = [
    call(diagnostics.overlap_of, weights=[1.2, 0.8, 1.0], unsupported=0.0, propensity_sums=[1.0]),
    call(diagnostics.check_overlap, weights=[1.2, 0.8], unsupported=0.0, propensity_sums=[1.0]),
    call(diagnostics.unsupported_mass, target=[[0.5, 0.5]], logged=[[1.0, 0.0]]),
    *(
        call(function, log=LOG, alpha=0.05)
        for function in (
            estimators.ips,
            estimators.snips,
            doubly_robust.direct_method,
            doubly_robust.doubly_robust,
            doubly_robust.self_normalised_dr,
        )
    ),
    call(estimators.clipped_ips, log=LOG, max_weight=2.0, alpha=0.05),
    call(estimators.require_limit, name="limit", value=2.0),
    call(doubly_robust.switch_dr, log=LOG, threshold=2.0, alpha=0.05),
    call(doubly_robust.shrunken_dr, log=LOG, strength=5.0, alpha=0.05),
    call(doubly_robust.unit_folds, units=["a", "b", "c"], n_folds=2, rng=RNG),
    call(report.evaluate_policy, log=LOG, rng=RNG, unsupported=0.0, alpha=0.05, n_bootstrap=200),
    *(
        call(function, log=SLATES, alpha=0.05)
        for function in (slates.sips, slates.iips, slates.rips, slates.pseudo_inverse)
    ),
    call(slates.cascade_dr, log=SLATES, predicted=GRID, predicted_target=GRID, alpha=0.05),
    call(
        slates.position_based,
        rewards=[[1.0, 0.0]],
        logged=PLACES,
        target=PLACES,
        examination=[1.0, 0.5],
        alpha=0.05,
    ),
]

CALLS = [*ADAPTIVE, *INTERLEAVING, *OFF_POLICY]
