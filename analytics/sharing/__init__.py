"""Links that show one stored report, read-only, to whoever has them."""
