"""What leaves for other servers: addresses that may be called, one signed POST."""
