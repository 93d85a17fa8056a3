"""A sound call of every public function that plans, watches or checks an experiment."""

from analytics.stats import cohorts, dunnett, power, sequential
from analytics.stats.monitoring import (
    adjusted,
    boundaries,
    futility,
    group_sequential,
    msprt,
    operating,
    sequential_srm,
)
from analytics.stats.monitoring.boundaries import boundary
from analytics.stats.planning import design, duration, mde, projection, sample_size
from analytics.stats.planning.design import Design, MetricHistory
from analytics.stats.planning.duration import Traffic
from analytics.stats.results import Kind, Monitoring
from analytics.stats.segments import effects, heterogeneity, interaction, shrinkage
from analytics.stats.segments.effects import segment_effects
from analytics.stats.validity import (
    calibration,
    carry_over,
    multiple_exposure,
    novelty,
    pre_exposure,
    replays,
    simpson,
    split,
    triggered,
)
from analytics.stats.validity.novelty import DayEffect
from tests.analytics.stats.sound_inputs import PAIR, A, B, call, comparison

WATCHED = Monitoring.ALWAYS_VALID
BOUNDARY = boundary([0.5, 1.0])
LOOKS = {"information": [0.5, 1.0], "bounds": [2.8, 1.98]}
SPLIT = {"counts": [500, 520], "weights": [1.0, 1.0]}
HISTORY, DESIGN = MetricHistory(Kind.MEAN, 12.0, 18.0), Design()
DAYS = [1_000, 1_900, 2_700, 3_400, 4_000, 4_500, 4_900]
TRAFFIC = Traffic(tuple(DAYS))
SEEN = {"statistic": 2.0, "n": 20_000, "rho2": 1e-4}
PAIRS = {"difference": 0.5, "variance": 8.0, "pairs": 1000, "mixing": 0.01}
UNITS = {"sigma": 1.0, "delta": 0.2, "alpha": 0.05, "power": 0.8}
SEGMENTS = {"new": (A, B), "returning": (B, A)}
FOUND = segment_effects(SEGMENTS)
EFFECTS = [DayEffect(day, 0.06 - 0.004 * day, 0.012) for day in range(8)]
RANDOM = [k / 1000 for k in range(1, 1001)]
EXPOSED = [0, cohorts.DAY_US, 5 * cohorts.DAY_US]

WATCHING = [
    call(sequential.tuning, planned_n=20_000, alpha=0.05),
    call(sequential.exact_tuning, planned_n=20_000, alpha=0.05),
    call(sequential.one_sided_tuning, planned_n=20_000, alpha=0.05),
    call(sequential.sequential_critical_value, n=20_000, rho2=1e-4, alpha=0.05),
    call(sequential.one_sided_critical_value, n=20_000, rho2=1e-4, alpha=0.05),
    call(sequential.log_e_value, **SEEN),
    call(sequential.sequential_p_value, **SEEN),
    call(sequential.one_sided_p_value, **SEEN),
    call(sequential.one_sided_log_e_value, **SEEN),
    call(sequential.running_minimum, p_values=[0.4, 0.03, 0.2]),
    call(sequential.confidence_sequence, effect=0.5, se=0.3, n=20_000, planned_n=9, alpha=0.05),
    call(adjusted.adjusted_effect, found=BOUNDARY, effect=0.5, se=0.2, alpha=0.05),
    call(boundaries.boundary, information=[0.5, 1.0], alpha=0.05),
    call(futility.futility_bounds, found=BOUNDARY, drift=2.8, beta=0.2),
    call(futility.futility_drift, found=BOUNDARY, power=0.8),
    call(futility.conditional_power, statistic=1.0, information=0.5, final_bound=1.98, drift=2.8),
    call(futility.predictive_power, statistic=1.0, information=0.5, final_bound=1.98),
    call(group_sequential.reference_at, found=BOUNDARY, index=1),
    call(group_sequential.repeated_p_value, found=BOUNDARY, statistic=2.0, index=1),
    call(group_sequential.nominal_p_value, found=BOUNDARY, index=1),
    call(group_sequential.information_fraction, n=500, planned_n=1000),
    call(group_sequential.information_of_errors, errors=[0.4, 0.3], planned_se=0.25),
    call(msprt.mixing_variance, variance=8.0, planned_pairs=1000, alpha=0.05),
    call(msprt.log_likelihood_ratio, **PAIRS),
    call(msprt.msprt_p_value, **PAIRS),
    call(operating.crossings, **LOOKS, drift=2.8, sides=2),
    call(operating.rejection_probability, **LOOKS, drift=0.5, sides=2),
    call(operating.drift_for_power, **LOOKS, power=0.8, sides=2),
    call(operating.inflation_factor, **LOOKS, alpha=0.05, power=0.8, sides=2),
    call(operating.expected_information, **LOOKS, drift=2.8, sides=1),
    call(sequential_srm.log_split_evidence, **SPLIT, concentration=1000.0),
    call(
        sequential_srm.sequential_split,
        **SPLIT,
        peak_log_evidence=0.0,
        concentration=1000.0,
        threshold=0.001,
    ),
]

PLANNING = [
    call(dunnett.dunnett_tail, statistic=2.3, n_control=500, n_treatments=[500, 400], sides=2),
    call(dunnett.dunnett_critical_value, n_control=500, n_treatments=[5, 4], alpha=0.05, sides=1),
    call(
        dunnett.dunnett_effects,
        control=(500, 12.0),
        treatments=[(500, 12.4), (400, 12.9)],
        variance=9.0,
        alpha=0.05,
        sides=1,
    ),
    call(dunnett.optimal_weights, k=3),
    call(power.detection_constant, alpha=0.05, power=0.8),
    call(power.power_of, effect=2.8, se=1.0, critical_value=1.96, sides=2),
    call(power.require_power, power=0.8),
    call(power.require_positive, sigma=1.0),
    call(design.history_of, kind=Kind.MEAN, estimate=A, correlation=0.5),
    call(design.sample_size, history=HISTORY, effect=0.5, design=DESIGN),
    call(design.power_at, history=HISTORY, effect=0.5, n_total=20_000.0, design=DESIGN),
    call(duration.duration, traffic=TRAFFIC, n_total=20_000),
    call(duration.whole_weeks, days=15),
    call(duration.new_units_per_day, cumulative=DAYS),
    call(mde.smallest_effect, history=HISTORY, n_total=20_000, design=DESIGN),
    call(mde.mde_by_week, history=HISTORY, traffic=TRAFFIC, design=DESIGN, weeks=[1, 2]),
    call(mde.mde_absolute, **PAIR, alpha=0.05, power=0.8),
    call(mde.mde_lift, comparison=comparison(), power=0.8),
    call(projection.project_to_units, cumulative=DAYS, n_needed=9_000),
    call(projection.units_for_lift, comparison=comparison(WATCHED), lift=0.05, power=0.8),
    call(projection.units_for_lift, comparison=comparison(), lift=0.05, constant=13.5),
    call(
        projection.project_to_lift, comparison=comparison(), cumulative=DAYS, lift=0.05, power=0.8
    ),
    call(
        projection.project_to_lift,
        comparison=comparison(),
        cumulative=DAYS,
        lift=0.05,
        constant=7.85,
    ),
    call(sample_size.required_n_mean, **UNITS, ratio=1.0),
    call(sample_size.required_n_mean_t, **UNITS),
    call(sample_size.required_n_binary, p_control=0.05, p_treatment=0.055, alpha=0.05, power=0.8),
    call(sample_size.required_n_non_inferiority, sigma=1.0, margin=0.1, alpha=0.05, power=0.8),
    call(sample_size.required_n_preference, share=0.51, alpha=0.05, power=0.8),
    call(sample_size.lehr_n, sigma=1.0, delta=0.2),
    call(sample_size.planned_units, n_per_variant=500.0, n_variants=2, monitoring=WATCHED),
]

CHECKING = [
    call(cohorts.is_mature, exposed_us=EXPOSED, day=1, until_us=9 * cohorts.DAY_US),
    call(
        cohorts.retention,
        exposed_us=EXPOSED,
        units=[0, 1],
        occurred_us=[cohorts.DAY_US, 3 * cohorts.DAY_US],
        day=1,
        until_us=9 * cohorts.DAY_US,
    ),
    call(effects.segment_effects, segments=SEGMENTS),
    call(effects.effects_of, comparisons={"new": comparison(), "returning": comparison()}),
    call(effects.known_effects, segments=FOUND),
    call(heterogeneity.heterogeneity, segments=FOUND),
    call(interaction.interaction_test, first=(A, B), second=(B, A), alpha=0.05),
    call(
        interaction.segment_claims,
        segmentations={"kind": heterogeneity.heterogeneity(FOUND)},
        q=0.05,
    ),
    call(shrinkage.shrink_effects, segments=FOUND, alpha=0.05),
    call(calibration.check_calibration, p_values=RANDOM, alpha=0.05),
    call(replays.judge_alarms, n_alarms=3, n_runs=1_000, due=0.001),
    call(
        replays.judge_replays,
        p_values=RANDOM,
        single_looks=RANDOM,
        alpha=0.05,
        is_exact=True,
        n_tests=4,
    ),
    call(carry_over.check_carry_over, table=[[50, 60], [55, 52]], effects=SEGMENTS),
    call(multiple_exposure.check_multiple_exposure, n_multiple=3, n_units=1000, weights=[1.0, 1.0]),
    call(novelty.trend_of, days=EFFECTS),
    call(novelty.check_novelty, days=EFFECTS),
    call(pre_exposure.check_pre_exposure, metrics={"revenue": (Kind.MEAN, A, B)}),
    call(simpson.stratified_effect, phases=[(A, B), (B, A)], pooled=(A, B), alpha=0.05),
    call(simpson.check_simpson, phases=[(A, B), (B, A)], pooled=(A, B)),
    call(split.check_split, **SPLIT, threshold=0.001),
    call(
        split.check_split_by,
        breakdown="country",
        counts={"DE": [50, 60], "AT": [5, 7]},
        weights=[1.0, 1.0],
        threshold=0.001,
    ),
    call(
        triggered.dilute, effect=0.02, n_triggered=4_000, n_all=20_000, lift=0.1, control_share=0.5
    ),
    call(triggered.check_triggered, **SPLIT, **PAIR),
]

CALLS = [*WATCHING, *PLANNING, *CHECKING]
