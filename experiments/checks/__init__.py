"""What this room checks before a launch: one file for each thing that can be wrong."""
