"""Keys by which the table of names is looked up: digests, so that the table stays small.

A key of 40 bits among some 1,100,000 is taken for another once in a million look-ups.
"""

from hashlib import blake2b

__all__ = ["KEY_BYTES", "code_key", "digest"]

KEY_BYTES = 5


def code_key(code: str) -> str:
    """Return the key of a code in capitals, apart from all keys of names."""
    return f"={code}"


def digest(key: str) -> int:
    """Return the number that stands for a key."""
    return int.from_bytes(blake2b(key.encode(), digest_size=KEY_BYTES).digest())
