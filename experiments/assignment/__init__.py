"""Who sees what: pure, deterministic, stored nowhere."""
