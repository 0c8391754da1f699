"""A rendered cross-view world."""
