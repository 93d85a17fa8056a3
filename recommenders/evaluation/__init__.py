"""How good a ranking is, by definitions stated where they are computed."""
