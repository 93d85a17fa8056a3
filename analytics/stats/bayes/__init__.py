"""The Bayesian view: posteriors, probabilities to win, expected losses."""
