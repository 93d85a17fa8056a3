"""Replaying real history: what visitors truly did, served again through the interface."""
