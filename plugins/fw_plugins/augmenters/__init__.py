"""Bundled augmenters."""
