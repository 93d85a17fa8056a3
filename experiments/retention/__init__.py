"""How long rows stay: days as partitions, their export to Parquet, and what is dropped after it."""
