"""Splits of an A/A replay through the interface: recorded here, played in an installation apart.

`recording` takes what a sample of the units did, `apart` starts a temporary installation of our own
code, in which `equipping` makes a site for each split, `playing` sends the sample and `answering`
reads the analyses; `agreeing` compares these with what the rows here say of the same splits.
"""
