"""The pages of offline evaluations."""
