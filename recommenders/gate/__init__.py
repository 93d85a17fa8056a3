"""The promotion gate: what an artifact has to show before it answers by itself. Pure."""
