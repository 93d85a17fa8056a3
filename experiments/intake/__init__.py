"""What comes in over HTTP or from files, until the drain applies it: shapes, refusals, records."""
