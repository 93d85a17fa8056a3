"""The calibration of the statistics as a command shows it."""
