"""Searching for settings: trials of one recipe, selected by validation."""
