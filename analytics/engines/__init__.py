"""Where one SQL text runs: the live database, DuckDB and Spark over exported days; its limits."""
