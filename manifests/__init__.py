"""Data that a user may copy and change: sources, benchmarks, recipes, prompts (YAML)."""
