"""Training: rewards, recipes, engines."""

__all__: list[str] = []
