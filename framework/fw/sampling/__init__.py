"""What samplers of negatives are made of."""
