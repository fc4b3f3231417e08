"""From the cases of a split to ranks, metrics and lists of items."""
