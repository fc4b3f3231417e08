"""Indexes: which items are worth scoring."""
