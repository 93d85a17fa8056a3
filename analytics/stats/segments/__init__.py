"""Whether the effect differs between segments, and by how much each may be believed."""
