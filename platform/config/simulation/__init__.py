"""A shop that is made up: its catalogue, its visitors, what they do, and the truth about them."""
