"""Conspicuous buildings, made of prisms, cones and domes."""

from collections.abc import Callable

import numpy as np

from geobench_tools.world._build import Layer, Model, Paint, centimetres
from geobench_tools.world._exact import F64, Dice, left_of, sincos, unit
from geobench_tools.world._plots import FACADES
from geobench_tools.world._roads import polygon_ring
from geobench_tools.world._scene import Kind, Landmarks

__all__ = ["LANDMARKS", "LandmarkList"]

_RGB = tuple[int, int, int]


class _Site:
    """One landmark under construction: all parts are given around its centre, in metres."""

    def __init__(self, model: Model, centre: F64, turn: float, solid: int, dice: Dice) -> None:
        self.model, self.centre, self.solid, self.dice = model, centre, solid, dice
        sine, cosine = sincos(turn)
        self.axes = np.array([[float(cosine), float(sine)], [-float(sine), float(cosine)]])
        self.seed = int(dice.one("seed") * 1e6)

    def place(self, points: F64) -> F64:
        """Turn local points to their place."""
        x, y = points[..., :1], points[..., 1:]
        return np.asarray(self.centre + x * self.axes[0] + y * self.axes[1])

    def pick(self, *colours: _RGB) -> _RGB:
        """Choose one of the colours."""
        return colours[int(self.dice.one("colour") * len(colours))]

    def prism(self, points: F64, top: float, wall: _RGB, roof: _RGB, facade: str = "plain") -> None:
        """Add walls up to ``top`` over a convex polygon, and its lid."""
        at = self.place(points)
        start, end = at, np.roll(at, -1, axis=0)
        leg = end - start
        length = np.sqrt((leg**2).sum(axis=1))
        normal = np.stack([leg[:, 1], -leg[:, 0], 0.0 * length], axis=1)
        normal = normal / np.maximum(length, 1e-9)[:, None]
        paint = Paint(self.solid, wall, roof, FACADES.index(facade), top, self.seed)
        tops, offset = np.full(len(at), top), np.cumsum(length) - length
        self.model.segment(start, end, tops, paint, front=normal, offset=offset)
        self.model.face(Layer.TOP, Kind.ROOF, at[None], roof, solid=self.solid, height=top)

    def cone(self, points: F64, base: float, apex: float, roof: _RGB) -> None:
        """Add a pyramid over a convex polygon whose walls stand already."""
        at = self.place(points)
        tip = np.broadcast_to(at.mean(axis=0), at.shape)
        start, end = at, np.roll(at, -1, axis=0)
        out = -left_of(unit(end - start))
        run = ((start - tip) * out).sum(axis=1)
        slope = np.concatenate([out * (apex - base), run[:, None]], axis=1)
        slope = slope / np.sqrt((slope**2).sum(axis=1, keepdims=True))
        triangles = np.stack([start, end, tip], axis=1)
        self.model.face(Layer.TOP, Kind.ROOF, triangles, roof, solid=self.solid, normal=slope,
                        height=base)  # fmt: skip
        rise = np.broadcast_to(np.array([base, apex]), (len(at), 2))
        paint = Paint(self.solid, roof, roof)
        back = np.roll(slope, 1, axis=0)
        self.model.segment(start, np.array(tip), rise, paint, front=slope, back=back, edge=True)

    def dome(self, radius: float, base: float, rise: float, colour: _RGB, rings: int = 9) -> None:
        """Add a dome of ``radius`` and height ``rise`` on top of ``base``."""
        sides = 14
        sine, cosine = sincos(90.0 * np.arange(rings + 1) / rings)
        tilt, level = sincos(90.0 * (np.arange(rings) + 0.5) / rings)
        unit = polygon_ring(sides)
        middle = polygon_ring(sides, 180.0 / sides)
        paint = Paint(self.solid, colour, colour)
        for k in range(rings):
            outer = self.place(unit * radius * float(cosine[k]))
            inner = self.place(unit * radius * float(cosine[k + 1]))
            flat = self.place(middle * float(level[k])) - self.centre
            normal = np.concatenate([flat, np.full((sides, 1), float(tilt[k]))], axis=1)
            low, high = base + rise * float(sine[k]), base + rise * float(sine[k + 1])
            quad = np.stack([outer, np.roll(outer, -1, 0), np.roll(inner, -1, 0), inner], axis=1)
            self.model.face(Layer.TOP, Kind.ROOF, quad, colour, solid=self.solid, normal=normal,
                            height=(low + high) / 2.0)  # fmt: skip
            tops = np.full(sides, high)
            after = np.roll(outer, -1, 0)
            self.model.segment(outer, after, tops, paint, front=normal)


def _box(length: float, width: float, x: float = 0.0, y: float = 0.0) -> F64:
    a, b = length / 2.0, width / 2.0
    return np.array([[x - a, y - b], [x + a, y - b], [x + a, y + b], [x - a, y + b]])


def _church(s: _Site) -> float:
    wall = s.pick((196, 182, 156), (150, 112, 92), (222, 216, 204))
    roof = s.pick((72, 74, 80), (112, 66, 50), (92, 120, 106))
    length, width = s.dice.between("long", 24.0, 34.0), 12.0
    s.prism(_box(length, width), 9.0, wall, roof, "columns")
    s.cone(_box(length, width), 9.0, 15.0, roof)
    s.prism(_box(9.0, 22.0, -length * 0.22), 8.0, wall, roof, "columns")
    tower = _box(7.5, 7.5, length / 2.0 + 2.0)
    high = s.dice.between("high", 24.0, 34.0)
    s.prism(tower, high, wall, roof, "columns")
    s.cone(tower, high, high + s.dice.between("spire", 12.0, 22.0), roof)
    return high + 16.0


def _dome(s: _Site) -> float:
    wall = s.pick((226, 214, 188), (214, 198, 168), (234, 230, 222))
    colour = s.pick((58, 128, 122), (196, 160, 70), (214, 214, 208), (72, 110, 152))
    side = s.dice.between("side", 24.0, 34.0)
    s.prism(_box(side, side), 10.0, wall, (206, 196, 176), "columns")
    radius = side * 0.34
    s.prism(polygon_ring(14) * radius, 15.0, wall, colour, "columns")
    s.dome(radius, 15.0, radius * 1.08, colour)
    top = 15.0 + radius * 1.08
    if s.dice.one("minarets") < 0.6:
        for x, y in ((-1, -1), (1, 1), (1, -1), (-1, 1))[: 2 + 2 * int(s.dice.one("four") < 0.5)]:
            at = np.array([x, y]) * (side / 2.0 + 2.0)
            s.prism(polygon_ring(8) * 1.6 + at, top + 9.0, wall, colour)
            s.cone(polygon_ring(8) * 1.6 + at, top + 9.0, top + 13.0, colour)
    return top + 9.0


def _tower(s: _Site) -> float:
    wall = s.pick((104, 128, 146), (150, 158, 160), (86, 104, 112), (176, 150, 118))
    side, top = s.dice.between("side", 24.0, 32.0), s.dice.between("high", 85.0, 150.0)
    facade = "glass" if s.dice.one("glass") < 0.6 else "ribbon"
    s.prism(_box(side * 1.3, side * 1.2), 11.0, wall, (168, 166, 160), facade)
    s.prism(_box(side, side * 0.9), top * 0.72, wall, (150, 150, 148), facade)
    s.prism(_box(side * 0.7, side * 0.64), top, wall, (184, 184, 180), facade)
    if s.dice.one("tip") < 0.5:
        s.cone(_box(side * 0.7, side * 0.64), top, top + 18.0, (120, 132, 140))
    return top


def _stadium(s: _Site) -> float:
    ring = polygon_ring(22)
    long, short = s.dice.between("long", 62.0, 74.0), s.dice.between("short", 48.0, 56.0)
    colour = s.pick((214, 216, 218), (176, 62, 54), (58, 98, 156))
    high = s.dice.between("high", 16.0, 24.0)
    shape = ring * np.array([long, short])
    s.prism(shape, high, (206, 204, 198), (224, 224, 222), "ribbon")
    model, solid = s.model, s.solid
    stands = s.place(ring * np.array([long - 13.0, short - 12.0]))
    model.face(Layer.TOP, Kind.ROOF, stands[None], colour, solid=solid, height=high * 0.5)
    ground = s.place(_box(2.0 * long * 0.72, 2.0 * short * 0.62))
    model.face(Layer.TOP, Kind.PITCH, ground[None], (84, 138, 62))
    for k in range(5):
        part = _box(long * 0.144, short * 1.24, long * (-0.576 + 0.288 * k))
        model.face(Layer.TOP, Kind.PITCH, s.place(part)[None], (96, 152, 70))
    line = s.place(_box(0.5, short * 1.24))
    model.face(Layer.TOP, Kind.MARKING, line[None], (226, 230, 222))
    return high


def _chimney(s: _Site) -> float:
    high = s.dice.between("high", 55.0, 95.0)
    s.prism(_box(26.0, 14.0, 14.0, 6.0), 11.0, (150, 104, 86), (136, 130, 124), "shed")
    for radius, share in ((3.4, 0.4), (3.0, 0.7), (2.6, 1.0)):
        s.prism(polygon_ring(12) * radius, high * share, (196, 190, 182), (90, 86, 82), "bands")
    return high


def _gasholder(s: _Site) -> float:
    colour = s.pick((108, 134, 128), (168, 96, 72), (198, 200, 198), (112, 128, 150))
    for x, size in ((-19.0, 16.0), (19.0, 13.0)):
        ring = polygon_ring(18) * size + np.array([x, 0.0])
        top = s.dice.between("high", 17.0, 27.0, int(size))
        s.prism(ring, top, colour, colour, "shed")
        s.cone(ring, top, top + 3.0, colour)
    return 27.0


def _obelisk(s: _Site) -> float:
    colour = s.pick((222, 214, 198), (186, 172, 150))
    high = s.dice.between("high", 26.0, 44.0)
    s.prism(_box(11.0, 11.0), 1.5, (190, 184, 172), (202, 196, 184))
    s.prism(_box(5.5, 5.5), 4.5, colour, colour)
    for k in range(4):
        size = 3.4 - 0.35 * k
        s.prism(_box(size, size), high * (k + 1) / 4.0, colour, colour)
    s.cone(_box(2.35, 2.35), high, high + 3.0, colour)
    return high + 3.0


def _pagoda(s: _Site) -> float:
    wall = s.pick((150, 54, 42), (206, 190, 164), (120, 84, 62))
    roof = s.pick((62, 70, 72), (70, 96, 84), (104, 62, 48))
    s.prism(_box(24.0, 24.0), 1.6, (188, 184, 176), (198, 194, 186))
    size, level = 15.0, 1.6
    for _ in range(5):
        s.prism(_box(size, size), level + 4.6, wall, roof, "columns")
        s.cone(_box(size, size), level + 4.6, level + 4.6 + size * 0.32, roof)
        size, level = size - 2.1, level + 6.0
    s.prism(_box(0.7, 0.7), level + 9.0, roof, roof)
    return level + 9.0


def _pyramid(s: _Site) -> float:
    side = s.dice.between("side", 30.0, 42.0)
    colour = s.pick((120, 150, 164), (176, 168, 150))
    s.prism(_box(side, side), 1.0, colour, colour)
    s.cone(_box(side, side), 1.0, side * 0.72, colour)
    return side * 0.72


LANDMARKS: dict[str, tuple[Callable[[_Site], float], float, float]] = {
    "church": (_church, 25.0, 12.0),
    "dome": (_dome, 21.0, 21.0),
    "tower": (_tower, 21.0, 20.0),
    "stadium": (_stadium, 75.0, 57.0),
    "chimney": (_chimney, 28.0, 14.0),
    "gasholder": (_gasholder, 36.0, 17.0),
    "obelisk": (_obelisk, 6.0, 6.0),
    "pagoda": (_pagoda, 13.0, 13.0),
    "pyramid": (_pyramid, 22.0, 22.0),
}
"""How each kind is built, and half the length and width of its site in metres."""


class LandmarkList:
    """Adds landmarks to a model and remembers what and where they are."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.rows: list[tuple[str, F64, float, float, int]] = []

    def add(self, kind: str, centre: F64, turn: float, dice: Dice) -> None:
        """Build one landmark; metres and degrees counter-clockwise from east."""
        build, half_length, half_width = LANDMARKS[kind]
        radius = float(np.sqrt(half_length * half_length + half_width * half_width))
        # The height is known after building, the row before it.
        row = int(self.model.solid(centre, radius, 0.0)[0])
        height = build(_Site(self.model, centre, turn, row, dice))
        self.model.raise_solid(row, height)
        self.rows.append((kind, centre, height, radius, row))

    def table(self) -> Landmarks:
        """Return all landmarks added."""
        if not self.rows:
            none = np.zeros(0, np.int32)
            return Landmarks((), np.zeros((0, 2), np.int32), none, none, none)
        kind, centre, height, radius, row = zip(*self.rows, strict=True)
        return Landmarks(
            kind,
            centimetres(np.stack(centre)),
            centimetres(height),
            centimetres(radius),
            np.array(row, np.int32),
        )
