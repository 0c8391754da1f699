"""From buildings and landmarks to the polygons and segments that the two renderers draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from geobench_tools.world._exact import F64, I64
from geobench_tools.world._scene import Buildings, Faces, Kind, Segments, Solids

__all__ = ["Layer", "Model", "Paint", "centimetres"]

_UP = (0.0, 0.0, 1.0)

_Number = TypeVar("_Number", bound=np.generic)


class Layer:
    """Order in which faces are painted."""

    BLOCK, LOT, WATER, RAIL, PAVEMENT, ROAD, MARKING, LOW, ROOF, TOP = range(10)


def centimetres(metres: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Return metres as whole centimetres."""
    return np.asarray(np.rint(np.asarray(metres, np.float64) * 100.0)).astype(np.int32)


def _unit(x: F64, y: F64, z: F64) -> F64:
    length = np.sqrt(x * x + y * y + z * z)
    length = np.where(length == 0.0, 1.0, length)
    return np.stack([x / length, y / length, z / length], axis=-1)


@dataclass(frozen=True)
class Paint:
    """What segments look like, for all alike or for each; meanings as in ``Segments``, metres."""

    solid: npt.ArrayLike
    wall: npt.ArrayLike
    roof: npt.ArrayLike
    facade: npt.ArrayLike = 0
    eave: npt.ArrayLike = 0.0
    seed: npt.ArrayLike = 0


class _FacePart(NamedTuple):
    """Arguments of ``Model.face``."""

    layer: int
    kind: int
    points: F64
    colour: npt.ArrayLike
    solid: npt.ArrayLike
    normal: npt.ArrayLike
    height: npt.ArrayLike


class _SegmentPart(NamedTuple):
    """Arguments of ``Model.segment``."""

    start: F64
    end: F64
    top: F64
    paint: Paint
    front: F64
    back: F64 | None
    edge: bool
    offset: npt.ArrayLike


class Model:
    """Collects solids, faces and segments, and joins them into the tables of a scene.

    All coordinates given to its methods are metres. Arrays that are given are kept, not copied.
    """

    def __init__(self) -> None:
        self._faces: list[_FacePart] = []
        self._segments: list[_SegmentPart] = []
        self._solids: list[tuple[F64, F64, F64]] = []
        self._count = 0
        # Empty tables, so that a scene may lack any of them.
        none = np.zeros((0, 2))
        self.solid(none, 0.0, 0.0)
        self.face(0, 0, np.zeros((0, 3, 2)), (0, 0, 0))
        self.segment(none, none, 0.0, Paint(0, (0, 0, 0), (0, 0, 0)), front=np.zeros((0, 3)))

    def solid(self, centre: npt.ArrayLike, radius: npt.ArrayLike, height: npt.ArrayLike) -> I64:
        """Add solids, shapes (n, 2), (n,) and (n,); return their rows."""
        points = np.asarray(centre, np.float64).reshape(-1, 2)
        n = len(points)
        r, h = (np.array(np.broadcast_to(np.asarray(v, float), (n,))) for v in (radius, height))
        self._solids.append((points, r, h))
        self._count += n
        return np.arange(self._count - n, self._count)

    def raise_solid(self, row: int, height: float) -> None:
        """Set the height of a solid whose parts were added after it, metres."""
        first = 0
        for points, _, heights in self._solids:
            if row < first + len(points):
                heights[row - first] = height
                return
            first += len(points)

    def face(
        self,
        layer: int,
        kind: int,
        polygons: F64,
        colour: npt.ArrayLike,
        *,
        solid: npt.ArrayLike = -1,
        normal: npt.ArrayLike = _UP,
        height: npt.ArrayLike = 0.0,
    ) -> None:
        """Add polygons of equally many corners, shape (n, corners, 2).

        Args:
            layer: A ``Layer``.
            kind: A ``Kind``.
            polygons: Corners, metres.
            colour: sRGB, shape (3,) or (n, 3).
            solid: Rows of the solids that the faces belong to.
            normal: Unit normals, shape (3,) or (n, 3).
            height: Height of the face at its first corner, metres.
        """
        self._faces.append(_FacePart(layer, kind, polygons, colour, solid, normal, height))

    def segment(
        self,
        start: F64,
        end: F64,
        top: npt.ArrayLike,
        paint: Paint,
        *,
        front: F64,
        back: F64 | None = None,
        edge: bool = False,
        offset: npt.ArrayLike = 0.0,
    ) -> None:
        """Add n segments; ``top`` has shape (n,) or (n, 2), everything else as in ``Segments``."""
        tops = np.asarray(top, np.float64)
        tops = tops[:, None] if tops.ndim == 1 else tops
        self._segments.append(_SegmentPart(start, end, tops, paint, front, back, edge, offset))

    def buildings(self, b: Buildings, kind: int = Kind.ROOF) -> I64:
        """Add buildings with their roofs and walls; return their solids."""
        corners = b.corners / 100.0
        centre = (corners[:, 0] + corners[:, 2]) / 2.0
        reach = np.sqrt(((corners - centre[:, None]) ** 2).sum(axis=2)).max(axis=1)
        rows = self.solid(centre, reach, b.ridge / 100.0)
        for roof, add in enumerate((self._flat_roofs, self._gables, self._hips)):
            chosen = np.flatnonzero(b.roof == roof)
            if len(chosen):
                add(_Group(b, chosen, rows[chosen], kind))
        return rows

    def _walls(self, g: "_Group", sides: Sequence[int], low: bool = False) -> None:
        for side in sides:
            start, end = g.p[side], g.p[(side + 1) % 4]
            normal = _outward(start, end)
            up = np.broadcast_to(np.array(_UP), normal.shape)
            self.segment(start, end, g.eave, g.paint, front=normal, back=up if low else None)

    def _flat_roofs(self, g: "_Group") -> None:
        polygon = np.stack(g.p, axis=1)
        centre = polygon.mean(axis=1, keepdims=True)
        inner = centre + (polygon - centre) * 0.92
        dark = (g.roof_rgb * 0.78).astype(np.uint8)
        low = g.eave < 2.6
        tall = ~low
        self.face(Layer.LOW, g.kind, polygon[low], g.roof_rgb[low], solid=g.rows[low],
                  height=g.eave[low])  # fmt: skip
        self.face(Layer.ROOF, g.kind, polygon[tall], dark[tall], solid=g.rows[tall],
                  height=g.eave[tall])  # fmt: skip
        self.face(Layer.TOP, g.kind, inner[tall], g.roof_rgb[tall], solid=g.rows[tall],
                  height=g.eave[tall])  # fmt: skip
        self._plant_rooms(g, polygon)
        self._walls(g.only(tall), range(4))
        self._walls(g.only(low), range(4), low=True)

    def _plant_rooms(self, g: "_Group", polygon: F64) -> None:
        """Add the small boxes on large flat roofs; they cannot be seen from the street."""
        seed = g.seed
        sides = polygon[:, 1] - polygon[:, 0], polygon[:, 3] - polygon[:, 0]
        area = np.abs(sides[0][:, 0] * sides[1][:, 1] - sides[0][:, 1] * sides[1][:, 0])
        for number in range(2):
            rows = np.flatnonzero((area > 240.0) & (g.eave > 2.6) & ((seed >> number & 3) != 0))
            a = 0.18 + 0.5 * ((seed[rows] >> (3 + number) & 7) / 7.0)
            b = 0.18 + 0.5 * ((seed[rows] >> (7 + number) & 7) / 7.0)
            wide = 0.1 + 0.1 * (seed[rows] >> 11 & 1)
            spot = [(a, b), (a + wide, b), (a + wide, b + 0.14), (a, b + 0.14)]
            corners = [
                polygon[rows, 0] + sides[0][rows] * x[:, None] + sides[1][rows] * y[:, None]
                for x, y in spot
            ]
            light = np.where(number, 0.72, 1.16)
            colour = np.clip(g.roof_rgb[rows] * light, 0, 255).astype(np.uint8)
            self.face(Layer.TOP, g.kind, np.stack(corners, axis=1), colour, solid=g.rows[rows],
                      height=g.eave[rows] + 2.4)  # fmt: skip

    def _gables(self, g: "_Group") -> None:
        p = g.p
        m1, m3 = (p[1] + p[2]) / 2.0, (p[3] + p[0]) / 2.0
        n0, n2 = self._slopes(g, m1, m3)
        self._walls(g, (0, 2))
        gables = ((p[1], m1, p[2], n0, n2), (p[3], m3, p[0], n2, n0))
        for start, middle, end, first, second in gables:
            out = _outward(start, end)
            rise, fall = np.stack([g.eave, g.ridge], 1), np.stack([g.ridge, g.eave], 1)
            half = np.sqrt(((middle - start) ** 2).sum(axis=1))
            self.segment(start, middle, rise, g.paint, front=out, back=first)
            self.segment(middle, end, fall, g.paint, front=out, back=second, offset=half)
        self.segment(m3, m1, g.ridge, g.paint, front=n0, back=n2, edge=True)

    def _hips(self, g: "_Group") -> None:
        p = g.p
        m1, m3 = (p[1] + p[2]) / 2.0, (p[3] + p[0]) / 2.0
        length = np.sqrt(((m1 - m3) ** 2).sum(axis=1, keepdims=True))
        half = np.sqrt(((p[2] - p[1]) ** 2).sum(axis=1, keepdims=True)) / 2.0
        pull = np.minimum(half / np.maximum(length, 0.1), 0.46) * (m3 - m1)
        r1, r3 = m1 + pull, m3 - pull
        n0, n2 = self._slopes(g, r1, r3)
        n1 = self._end_slope(g, p[1], p[2], m1, r1)
        n3 = self._end_slope(g, p[3], p[0], m3, r3)
        self._walls(g, range(4))
        rise = np.stack([g.eave, g.ridge], 1)
        self.segment(r3, r1, g.ridge, g.paint, front=n0, back=n2, edge=True)
        hips = ((p[0], r3, n0, n3), (p[1], r1, n1, n0), (p[2], r1, n2, n1), (p[3], r3, n3, n2))
        for corner, top, right, left in hips:
            self.segment(corner, top, rise, g.paint, front=right, back=left, edge=True)

    def _slopes(self, g: "_Group", r1: F64, r3: F64) -> tuple[F64, F64]:
        """Add the two long slopes up to the ridge from ``r3`` to ``r1``; return their normals."""
        p, normals = g.p, []
        run = np.sqrt(((p[2] - p[1]) ** 2).sum(axis=1)) / 2.0
        for a, b, c, d in ((p[0], p[1], r1, r3), (p[2], p[3], r3, r1)):
            out = _outward(a, b)
            rise = g.ridge - g.eave
            normal = _unit(out[:, 0] * rise, out[:, 1] * rise, run)
            self.face(Layer.ROOF, g.kind, np.stack([a, b, c, d], axis=1), g.roof_rgb,
                      solid=g.rows, normal=normal, height=g.eave)  # fmt: skip
            normals.append(normal)
        return normals[0], normals[1]

    def _end_slope(self, g: "_Group", a: F64, b: F64, middle: F64, top: F64) -> F64:
        out, rise = _outward(a, b), g.ridge - g.eave
        run = np.sqrt(((top - middle) ** 2).sum(axis=1))
        normal = _unit(out[:, 0] * rise, out[:, 1] * rise, run)
        self.face(Layer.ROOF, g.kind, np.stack([a, b, top], axis=1), g.roof_rgb, solid=g.rows,
                  normal=normal, height=g.eave)  # fmt: skip
        return normal

    def solids(self) -> Solids:
        """Return all solids added so far."""
        centre, radius, height = (np.concatenate(part) for part in zip(*self._solids, strict=True))
        return Solids(centimetres(centre), centimetres(radius), centimetres(height))

    def faces(self) -> Faces:
        """Return all faces added so far, in painting order."""
        parts = sorted(self._faces, key=lambda part: part.layer)
        column = _Columns([len(part.points) for part in parts])
        corners = column([part.points.shape[1] for part in parts], np.int64)
        start = np.concatenate([[0], np.cumsum(corners)])
        points = np.concatenate([part.points.reshape(-1, 2) for part in parts])
        xy = centimetres(points)
        low, high = (f.reduceat(xy, start[:-1]) for f in (np.minimum, np.maximum))
        up = column([part.normal for part in parts], np.float64, 3)
        slope = -up[:, :2] / np.where(up[:, 2:] == 0.0, 1.0, up[:, 2:])
        at = points[start[:-1]] * 100.0
        base = column([part.height for part in parts], np.float64) * 100.0
        base = base - slope[:, 0] * at[:, 0] - slope[:, 1] * at[:, 1]
        return Faces(
            start=start.astype(np.int32),
            xy=xy,
            box=np.concatenate([low, high], axis=1),
            kind=column([part.kind for part in parts], np.uint8),
            rgb=column([part.colour for part in parts], np.uint8, 3),
            normal=up.astype(np.float32),
            plane=np.column_stack([base, slope]),
            solid=column([part.solid for part in parts], np.int32),
        )

    def segments(self) -> Segments:
        """Return all segments added so far."""
        parts = self._segments
        paints = [part.paint for part in parts]
        column = _Columns([len(part.start) for part in parts])
        ends = [np.concatenate([part[k] for part in parts]) for k in (0, 1)]
        backs = [part.front if part.back is None else part.back for part in parts]
        return Segments(
            ends=centimetres(np.concatenate(ends, axis=1)),
            top=centimetres(column([part.top for part in parts], np.float64, 2)),
            front=column([part.front for part in parts], np.float32, 3),
            back=column(backs, np.float32, 3),
            edge=column([part.edge for part in parts], np.bool_),
            backed=column([part.back is not None for part in parts], np.bool_),
            wall_rgb=column([paint.wall for paint in paints], np.uint8, 3),
            roof_rgb=column([paint.roof for paint in paints], np.uint8, 3),
            facade=column([paint.facade for paint in paints], np.uint8),
            eave=centimetres(column([paint.eave for paint in paints], np.float64)),
            offset=centimetres(column([part.offset for part in parts], np.float64)),
            solid=column([paint.solid for paint in paints], np.int32),
            seed=column([paint.seed for paint in paints], np.int32),
        )


class _Columns:
    """Joins what parts of so many rows say: one value for all rows of a part, or one for each."""

    def __init__(self, counts: Sequence[int]) -> None:
        stops = np.cumsum(counts).tolist()
        self._rows = [slice(stop - n, stop) for n, stop in zip(counts, stops, strict=True)]
        self._total = stops[-1]

    def __call__(
        self, values: Sequence[npt.ArrayLike], dtype: type[_Number], *width: int
    ) -> npt.NDArray[_Number]:
        out = np.empty((self._total, *width), dtype)
        for rows, value in zip(self._rows, values, strict=True):
            out[rows] = value
        return out


class _Group:
    """Buildings of one kind of roof in the form in which the model takes them."""

    def __init__(self, b: Buildings, chosen: I64, rows: I64, kind: int) -> None:
        corners = b.corners[chosen] / 100.0
        self.source, self.chosen, self.rows, self.kind = b, chosen, rows, kind
        self.p = [corners[:, i] for i in range(4)]
        self.eave, self.ridge = b.eave[chosen] / 100.0, b.ridge[chosen] / 100.0
        self.roof_rgb, self.seed = b.roof_rgb[chosen], b.seed[chosen]

    def only(self, mask: npt.NDArray[np.bool_]) -> "_Group":
        return _Group(self.source, self.chosen[mask], self.rows[mask], self.kind)

    @property
    def paint(self) -> Paint:
        b, chosen = self.source, self.chosen
        return Paint(
            solid=self.rows,
            wall=b.wall_rgb[chosen],
            roof=self.roof_rgb,
            facade=b.facade[chosen],
            eave=self.eave,
            seed=self.seed,
        )


def _outward(start: F64, end: F64) -> F64:
    along = end - start
    return _unit(along[:, 1], -along[:, 0], np.zeros(len(along)))
