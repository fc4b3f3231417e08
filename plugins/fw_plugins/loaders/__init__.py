"""Bundled loaders."""
