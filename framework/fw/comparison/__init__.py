"""Comparing finished runs: what they were, what they scored, and how sure one can be."""
