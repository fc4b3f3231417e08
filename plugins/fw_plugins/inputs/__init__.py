"""Bundled inputs."""
