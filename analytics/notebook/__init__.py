"""A notebook that recomputes a report from one row per unit, and knows nothing of this service."""
