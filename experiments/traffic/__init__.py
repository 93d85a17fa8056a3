"""Traffic that is no shopper's: found, kept out of analyses by rule, counted and shown."""
