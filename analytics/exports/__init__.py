"""What leaves the service: the table of results, the page as a file, its charts, and each unit."""
