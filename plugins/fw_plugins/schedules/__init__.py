"""Bundled schedules of the learning rate."""
