"""Offline evaluation as a command: what it reads, what it prints and writes."""
