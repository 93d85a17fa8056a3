"""What several recommenders would show the same unit, side by side; nothing of it is recorded."""
