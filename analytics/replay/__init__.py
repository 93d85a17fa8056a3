"""A/A replays: what an experiment's analysis says of splits of the past that changed nothing.

`history` finds the units that would have entered, `values` what each of them did by each metric,
`splitting` gives them variants and sums, `judging` compares these as a report does, `summary` says
what came of all splits, and `running` puts it together.
"""
