"""Benchmarks: each compares two things in one run. ``python -m tests.bench`` runs them all."""
