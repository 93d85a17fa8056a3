"""Lists side by side: for one shopper, and over a sample of them. Read-only, records nothing."""
