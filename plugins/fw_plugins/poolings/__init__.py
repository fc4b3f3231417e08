"""Bundled poolings."""
