"""What is known of items, units and moments, as arrays; one definition to learn and to serve by."""
