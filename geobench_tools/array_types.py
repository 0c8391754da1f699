"""Short names for the types of arrays."""

import numpy as np
import numpy.typing as npt

__all__ = ["F32", "I8", "I16", "I32", "I64", "U8", "U64", "Bools", "Floats"]

F32 = npt.NDArray[np.float32]
I8 = npt.NDArray[np.int8]
I16 = npt.NDArray[np.int16]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
