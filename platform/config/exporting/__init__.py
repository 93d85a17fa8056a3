"""Writing a site's rows to files that people and their tools read."""
