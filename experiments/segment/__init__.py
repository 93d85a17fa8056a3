"""Segment's protocol translated into events of ours; pure: time and site come in."""
