"""The library of metrics: what each counts, whom to ask, where it is used."""
