"""Regular expressions: read, written alike for all clients, searched without hanging."""
