"""Recipes: reading, checking and writing them, and the validators of settings."""

from __future__ import annotations

from fw.config import validators as validators

__all__ = ["validators"]
