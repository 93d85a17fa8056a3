"""The page of received events: a live tail, the page of each one, and what mends a refused one."""
