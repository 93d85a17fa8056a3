"""The rights of those whose data are held: access, erasure, and ids kept as keyed hashes."""
