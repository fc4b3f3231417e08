"""Bundled tasks."""
