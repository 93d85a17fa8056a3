"""A sound call of every public function that compares, adjusts or corrects variants."""

from analytics.stats import compare as comparing
from analytics.stats import (
    counts,
    effects,
    exact,
    lift,
    means,
    moments,
    multiplicity,
    proportions,
    quantiles,
    ratios,
    references,
    revenue,
    shape,
    srm,
)
from analytics.stats import noninferiority as margins
from analytics.stats.bayes import best, beta_binomial, intervals, normal_lift
from analytics.stats.moments import Moments
from analytics.stats.multiplicity import Adjustment
from analytics.stats.quantiles import quantile_estimate
from analytics.stats.references import NormalReference, StudentReference
from analytics.stats.results import Interval, Kind, Monitoring
from analytics.stats.revenue import revenue_parts
from analytics.stats.robust import bootstrap, influence, ranks, winsorise
from analytics.stats.srm import split_check
from analytics.stats.variance import (
    cuped,
    cuped_ratio,
    history,
    kept,
    regression,
    stratification,
    theta,
)
from tests.analytics.stats.sound_inputs import (
    COUNTS,
    MOMENTS,
    PAIR,
    RNG,
    SAMPLES,
    SHARE_A,
    SHARE_B,
    SHARES,
    TABLE,
    VALUES,
    A,
    B,
    X,
    Y,
    call,
    comparison,
)

FIXED, WATCHED = Monitoring.FIXED, Monitoring.ALWAYS_VALID
P_VALUES = [0.001, 0.04, None, 0.2]
CLICKS = Moments.from_values(Y * 10, X * 10)
BELOW = Moments.from_values(Y * 5, X * 5)  # of the 300 values
QUANTILES = {side: quantile_estimate(values, 0.5) for side, values in COUNTS.items()}
LIFT = {"effect": 0.5, "effect_variance": 0.13, "baseline": A, "covariance": -0.06}
POSTERIORS = [beta_binomial.beta_posterior(120, 1000), beta_binomial.beta_posterior(144, 1000)]
POSTERIOR = normal_lift.lift_posterior(0.12, 0.067)
REGION = {"low": -0.02, "high": 0.02}
COLUMNS = {
    "y": [2, 3, 5, 4, 8, 4, 6, 7, 9, 12],
    "is_treated": [0] * 5 + [1] * 5,
    "covariates": [1, 2, 3, 4, 6, 1, 3, 4, 5, 7],
}
STRATA = [{"a": stratification.centred(CLICKS)}, {"a": stratification.centred(CLICKS)}]
CHECKS = [split_check([50, 60], [1, 1]), split_check([500, 480], [1, 1])]

COMPARING = [
    call(comparing.compare, kind=Kind.MEAN, **MOMENTS, monitoring=FIXED, alpha=0.05),
    call(comparing.compare, kind=Kind.BINARY, **SHARES, planned_n=20_000, skewness=(1.0, 2.0)),
    call(comparing.compare, kind=Kind.RATIO, **MOMENTS, monitoring=FIXED, planned_n=5),
    call(comparing.compare_estimates, kind=Kind.MEAN, **PAIR, planned_n=9, skewness=(1.0, 2.0)),
    call(comparing.compare_estimates, kind=Kind.MEAN, **PAIR, monitoring=FIXED, alpha=0.05),
    call(comparing.reference_of, comparison=comparison()),
    call(counts.dispersion, moments=CLICKS),
    call(counts.poisson_test, **MOMENTS, alpha=0.05),
    call(effects.require_defined, estimate=A),
    call(effects.effect_test, **PAIR, reference=NormalReference(0.05)),
    call(effects.judged_effect, effect=0.5, se=0.3, reference=StudentReference(0.05, 12.0)),
    call(exact.needs_exact, **TABLE),
    call(exact.exact_tests, **TABLE),
    call(lift.fieller_lift, **PAIR, critical_value=1.96),
    call(lift.delta_lift, **PAIR, critical_value=1.96),
    call(lift.log_delta_lift, **PAIR, critical_value=1.96),
    call(lift.effect_lift, **LIFT, critical_value=1.96),
    call(lift.delta_effect_lift, **LIFT, critical_value=1.96),
    call(means.mean_estimate, moments=CLICKS),
    call(means.welch_df, **PAIR),
    call(means.welch_test, **PAIR, alpha=0.05),
    call(moments.merge_moments, parts=[CLICKS, CLICKS]),
    call(margins.non_inferiority_statistic, **PAIR, margin=0.01),
    call(margins.absolute_margin_statistic, **PAIR, margin=0.01),
    call(margins.non_inferiority, comparison=comparison(), margin=0.01, alpha=0.05),
    call(margins.non_inferiority, comparison=comparison(WATCHED), margin=0.01, alpha=0.05),
    call(proportions.proportion_estimate, moments=SHARES["control"]),
    call(proportions.share_estimate, successes=5, n=40),
    call(proportions.unpooled_test, control=SHARE_A, treatment=SHARE_B, alpha=0.05),
    call(proportions.pooled_test, **TABLE),
    call(proportions.wilson_interval, successes=5, n=40, alpha=0.05),
    call(proportions.newcombe_interval, **TABLE, alpha=0.05),
    call(proportions.chi2_test, **TABLE),
    call(proportions.g_test, **TABLE),
    call(quantiles.quantile_ranks, n=1000, q=0.9, alpha=0.05, deff=1.5),
    call(quantiles.design_effect, shares=CLICKS, q=0.9),
    call(quantiles.share_moments, units=[0, 0, 1], values=[1.0, 2.0, 4.0], cut=2.0, n_units=3),
    call(quantiles.quantile_estimate, values=VALUES, q=0.5, shares=BELOW, alpha=0.05),
    call(quantiles.compare_quantiles, **QUANTILES, monitoring=FIXED, alpha=0.05, planned_n=9),
    call(ratios.ratio_estimate, moments=CLICKS),
    call(ratios.linearised_variance, moments=CLICKS),
    call(references.require_alpha, alpha=0.05),
    call(references.require_sides, sides=1),
    call(references.upper_quantile, tail=0.025),
    call(references.upper_tail, z=1.96),
    call(revenue.revenue_parts, n=100, buyers=10, orders=12, revenue=4_000),
    call(
        revenue.lift_parts,
        control=revenue_parts(n=100, buyers=10, orders=12, revenue=4_000),
        treatment=revenue_parts(n=90, buyers=11, orders=12, revenue=4_100),
    ),
    call(shape.outgrows_skewness, n=10_000, skewness=5.0),
    call(srm.split_check, counts=[500, 520], weights=[1.0, 1.0], threshold=0.001),
    call(srm.pool_split_checks, checks=CHECKS),
    call(srm.exposure_check, n_multiple=3, n_units=1000, weights=[1.0, 1.0]),
    call(srm.as_counts, counts=[1, 2]),
]

ROBUST = [
    call(bootstrap.needs_bootstrap, n_a=500, n_b=700),
    call(bootstrap.bootstrap_t, **COUNTS, seed=1, resamples=1999, alpha=0.05),
    call(bootstrap.resampled_moments, values=VALUES, resamples=20, rng=RNG),
    call(bootstrap.poisson_moments, values=VALUES, resamples=20, rng=RNG),
    call(influence.influence, **COUNTS, top=[1, 5], monitoring=FIXED, alpha=0.05, planned_n=9),
    call(influence.largest_share, values=VALUES),
    call(ranks.mann_whitney, **COUNTS),
    call(winsorise.pooled_cap, variants=[VALUES, VALUES], q=0.99),
    call(winsorise.cap_report, variants=[VALUES, VALUES], cap=5.0, is_frozen=True, q=0.99),
    call(winsorise.compare_winsorised, variants=list(COUNTS.values()), frozen_cap=5.0, alpha=0.05),
    call(
        winsorise.compare_winsorised,
        variants=list(COUNTS.values()),
        q=0.99,
        monitoring=FIXED,
        planned_n=9,
    ),
]

ADJUSTING = [
    call(cuped.adjusted_means, samples=SAMPLES, theta=theta.Theta(("x",), (0.4,), ())),
    call(cuped.compare_cuped, samples=SAMPLES, covariates=["x", "w"], monitoring=FIXED, alpha=0.05),
    call(cuped.compare_cuped, samples=SAMPLES, covariates=["x"], planned_n=5_000),
    call(cuped_ratio.linearised, sample=SAMPLES[0], ratios=[("y", "x"), ("w", "v")]),
    call(cuped_ratio.compare_ratio_cuped, samples=SAMPLES, alpha=0.05, planned_n=900),
    call(kept.variance_kept, sample=SAMPLES[0], kind=Kind.MEAN),
    call(kept.variance_kept, sample=SAMPLES[0], kind=Kind.RATIO),
    call(history.filled_history, x=[1.0, 2.0, 0.0]),
    call(history.history_check, samples=SAMPLES, indicator="missing"),
    call(regression.lin_regression, **COLUMNS, alpha=0.05),
    call(regression.ancova, **COLUMNS, alpha=0.05),
    call(stratification.centred, moments=CLICKS),
    call(stratification.poststratify, variants=STRATA, weights={"a": 1.0}, smallest=30),
    call(theta.pooled_theta, samples=SAMPLES, outcome="y", covariates=["x", "w"]),
]

CORRECTING = [
    *(
        call(function, p_values=P_VALUES)
        for function in (
            multiplicity.holm,
            multiplicity.hochberg,
            multiplicity.benjamini_hochberg,
        )
    ),
    *(
        call(multiplicity.adjusted_p_values, p_values=P_VALUES, method=method)
        for method in Adjustment
    ),
    call(multiplicity.adjust, family=[comparison(), comparison()], method=Adjustment.HOLM),
    call(multiplicity.simultaneous_alpha, m=3, method=Adjustment.BONFERRONI, alpha=0.05),
    call(multiplicity.selected_alpha, n_selected=1, m=3, q=0.05),
    call(multiplicity.fcr_alphas, p_values=P_VALUES, q=0.05),
]

BAYESIAN = [
    call(best.prob_best, estimates=[A, B]),
    call(best.expected_regrets, estimates=[A, B]),
    call(beta_binomial.beta_posterior, successes=5, n=40, prior_alpha=1.0, prior_beta=1.0),
    call(beta_binomial.choose_share, control=POSTERIORS[0], treatment=POSTERIORS[1]),
    call(beta_binomial.prob_best_share, posteriors=POSTERIORS),
    call(beta_binomial.expected_losses, posteriors=POSTERIORS),
    call(intervals.equal_tail_interval, posterior=POSTERIORS[0], mass=0.95),
    call(intervals.highest_density_interval, posterior=POSTERIORS[0], mass=0.95),
    call(intervals.rope_decision, interval=Interval(0.0, 0.1), **REGION),
    call(normal_lift.lift_posterior, lift=0.1, se=0.05, prior_mean=0.0, prior_sd=0.3, mass=0.95),
    call(normal_lift.rope_mass, posterior=POSTERIOR, **REGION),
    call(normal_lift.lift_rope_decision, posterior=POSTERIOR, **REGION),
    call(normal_lift.may_ship, posterior=POSTERIOR, loss_limit=0.0025, win_limit=0.95),
]

CALLS = [*COMPARING, *ROBUST, *ADJUSTING, *CORRECTING, *BAYESIAN]
