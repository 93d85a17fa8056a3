"""Conditions on what is known of a unit: their normal form, their faults, whom they let in."""
