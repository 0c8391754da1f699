"""Trainers that run in the user's own environment: their files, configuration and launcher."""

__all__: list[str] = []
