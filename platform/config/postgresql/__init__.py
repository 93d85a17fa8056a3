"""Django's PostgreSQL, which is waited for only so long."""
