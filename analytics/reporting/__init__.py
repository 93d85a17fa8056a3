"""Making a report: sums of a phase, comparisons with control, a verdict, and details beside."""
