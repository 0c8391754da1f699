"""Random numbers that are a function of (seed, id, draw), with no generator state.

Chunking, row order, partitions and worker count cannot change a draw. The mixer is splitmix64
(Steele, Lea and Flood, OOPSLA 2014, doi 10.1145/2660193.2660195).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["hash_strings", "mix", "uniform"]

U64 = npt.NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MASK = (1 << 64) - 1
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)


def mix(*keys: npt.ArrayLike) -> U64:
    """Mix one or more 64-bit keys into one, element by element (keys broadcast).

    Args:
        keys: Integers or integer arrays; they wrap modulo 2**64.
    """
    state = np.zeros((), np.uint64)
    with np.errstate(over="ignore"):
        for key in keys:
            word = np.asarray(key & _MASK if isinstance(key, int) else key)
            if word.dtype != np.uint64:
                word = np.asarray(word.astype(np.int64)).view(np.uint64)
            state = _splitmix(state ^ word)
    return np.asarray(state)


def _splitmix(value: Any) -> Any:
    value = value + _GAMMA
    value = (value ^ (value >> np.uint64(30))) * _M1
    value = (value ^ (value >> np.uint64(27))) * _M2
    return value ^ (value >> np.uint64(31))


def uniform(*keys: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return floats in [0, 1) with 53 random bits, one for each element of the mixed keys."""
    return np.asarray((mix(*keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def hash_strings(values: Any) -> U64:
    """Hash a column of strings to 64 bits, the same on every machine and for every chunking.

    Args:
        values: A pyarrow string array (chunked or not, nulls hash like the empty string), or
            anything ``pyarrow.array`` makes one of.

    Returns:
        One hash for each value; its bytes are read as little-endian 64-bit words.
    """
    import pyarrow as pa

    if not isinstance(values, pa.Array | pa.ChunkedArray):
        values = pa.array(values, pa.string())
    if isinstance(values, pa.ChunkedArray):
        parts = [hash_strings(chunk) for chunk in values.chunks]
        return np.concatenate(parts) if parts else np.zeros(0, np.uint64)
    values = values.cast(pa.large_string()).fill_null("")
    _, offset_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64)[
        values.offset : values.offset + len(values) + 1
    ]
    raw = np.frombuffer(data_buffer, np.uint8) if data_buffer else np.zeros(0, np.uint8)
    starts, lengths = offsets[:-1], np.diff(offsets)
    out = np.empty(len(values), np.uint64)
    for length in np.flatnonzero(np.bincount(lengths)):
        rows = np.flatnonzero(lengths == length)
        words = -(-int(length) // 8)
        padded = np.zeros((len(rows), words * 8), np.uint8)
        if length and len(rows) == len(values):
            packed = raw[starts[0] : starts[0] + len(rows) * length]
            padded[:, :length] = packed.reshape(len(rows), length)
        elif length:
            windows = np.lib.stride_tricks.sliding_window_view(raw, int(length))
            padded[:, :length] = windows[starts[rows]]
        lanes = padded.view("<u8").reshape(len(rows), words)
        out[rows] = mix(int(length), *(lanes[:, i] for i in range(words)))
    return out
