"""The inside of blocks: ground, parks, pitches, squares, and buildings that stand free."""

from dataclasses import dataclass, field

import numpy as np

from geobench_tools.world._build import Layer, Model
from geobench_tools.world._exact import F64, I64, Dice, azimuth_deg
from geobench_tools.world._landmarks import LANDMARKS, LandmarkList
from geobench_tools.world._plots import FACADES, Free, Palette, Rows
from geobench_tools.world._roads import offset_strips, polygon_ring, quads
from geobench_tools.world._scene import Kind
from geobench_tools.world._styles import USES, Climate, Style, rgb

__all__ = ["Builder"]

_AREA_NAMES = {
    "park": "park",
    "sport": "sports ground",
    "plaza": "square",
    "wood": "wood",
    "field": "field",
    "mall": "car park",
}
_LANDMARK_USES: dict[str, tuple[float, tuple[str, ...]]] = {
    "plaza": (0.85, ("church", "dome", "obelisk", "pagoda", "pyramid")),
    "park": (0.25, ("obelisk", "pagoda", "dome", "pyramid", "church")),
    "sport": (0.4, ("stadium",)),
    "industry": (0.6, ("chimney", "gasholder")),
    "downtown": (0.4, ("tower",)),
    "campus": (0.2, ("dome", "church", "pagoda")),
}
_FREE = ("slabs", "downtown", "mall", "industry", "campus")


def bilinear(quad: F64, a: F64, b: F64) -> F64:
    """Return points of a quadrilateral; ``a`` runs along its first side, ``b`` along the last."""
    a, b = np.asarray(a)[..., None], np.asarray(b)[..., None]
    low = quad[0] * (1.0 - a) + quad[1] * a
    high = quad[3] * (1.0 - a) + quad[2] * a
    return np.asarray(low * (1.0 - b) + high * b)


def box_in(quad: F64, a0: float, a1: float, b0: float, b1: float) -> F64:
    """Return the corners of a part of a quadrilateral, counter-clockwise, shape (4, 2)."""
    return bilinear(quad, np.array([a0, a1, a1, a0]), np.array([b0, b0, b1, b1]))


def _length(a: F64, b: F64) -> float:
    return float(np.sqrt(((b - a) ** 2).sum()))


@dataclass
class Builder:
    """Fills the blocks of one scene.

    Attributes:
        dice: Source of randomness of this scene.
        style: Building style of the region.
        climate: Climate class of the town.
        palette: Colours of the buildings.
        difficulty: As for the scene.
        model: Receives faces.
        landmarks: Receives landmarks.
        free: Whether the ground is free.
        areas: Named areas made so far: kind, centre, square metres.
    """

    dice: Dice
    style: Style
    climate: Climate
    palette: Palette
    difficulty: float
    model: Model
    landmarks: LandmarkList
    free: Free
    areas: list[tuple[str, F64, float]] = field(default_factory=list)
    _boxes: list[F64] = field(default_factory=list)
    _facts: list[tuple[float, ...]] = field(default_factory=list)
    _keys: list[int] = field(default_factory=list)

    def ground(self, outlines: F64, uses: I64, keys: I64) -> None:
        """Paint the ground of all blocks."""
        grass, soil = np.array(rgb(self.climate.grass)), np.array(rgb(self.climate.soil))
        green = self.dice("green", keys) < self.climate.green
        tone = (self.dice("tone", keys) * 22.0 - 11.0)[:, None]
        lawn = np.where(green[:, None], grass, soil * 0.8 + grass * 0.2)
        paved = np.broadcast_to(np.array((150, 146, 138)), lawn.shape)
        for use, name in enumerate(USES):
            rows = np.flatnonzero(uses == use)
            if len(rows) == 0:
                continue
            colour, kind = lawn[rows], Kind.GRASS
            if name in ("perimeter", "downtown", "plaza"):
                colour, kind = paved[rows], Kind.PAVED
            elif name == "industry":
                colour, kind = paved[rows] * 0.94, Kind.PAVED
            elif name == "mall":
                colour, kind = np.full((len(rows), 3), 88.0), Kind.PARKING
            elif name == "field":
                colour, kind = (soil + np.array((10, 6, -6))) * np.ones((len(rows), 1)), Kind.CROP
            elif name == "wood":
                colour, kind = grass * 0.72 * np.ones((len(rows), 1)), Kind.FOREST
            elif name in ("park", "sport"):
                colour = np.broadcast_to(grass * 1.04, (len(rows), 3))
            elif not green[rows].all():
                for wanted, soft in ((True, Kind.GRASS), (False, Kind.SOIL)):
                    part = rows[green[rows] == wanted]
                    shade = np.clip(lawn[part] + tone[part], 0, 255).astype(np.uint8)
                    self.model.face(Layer.BLOCK, soft, outlines[part], shade)
                continue
            shade = np.clip(colour + tone[rows], 0, 255).astype(np.uint8)
            self.model.face(Layer.BLOCK, kind, outlines[rows], shade)

    def fill(self, quad: F64, use: str, key: int) -> None:
        """Build what stands inside a block other than rows of houses along its streets."""
        dice = self.dice.child("fill", key)
        if _length(quad[0], quad[1]) < _length(quad[1], quad[2]):
            quad = np.roll(quad, -1, axis=0)
        u, v = _length(quad[0], quad[1]), _length(quad[1], quad[2])
        centre = bilinear(quad, np.array(0.5), np.array(0.5))
        if use in _AREA_NAMES:
            self.areas.append((_AREA_NAMES[use], centre, u * v))
        marked = self._landmark(quad, use, centre, u, v, dice)
        if use in _FREE and not (marked and use in ("downtown", "industry")):
            getattr(self, "_" + use)(quad, u, v, key, dice)
        elif use in ("park", "field", "perimeter") or (use in ("plaza", "sport") and not marked):
            getattr(self, "_" + use)(quad, u, v, dice)

    def _landmark(self, quad: F64, use: str, centre: F64, u: float, v: float, dice: Dice) -> bool:
        chance, kinds = _LANDMARK_USES.get(use, (0.0, ()))
        kinds = tuple(k for k in kinds if k in self.style.landmarks)
        if not kinds or dice.one("landmark") >= chance * (1.0 - self.difficulty):
            return False
        kind = kinds[int(dice.one("kind") * len(kinds))]
        _, half_length, half_width = LANDMARKS[kind]
        along = quad[1] - quad[0]
        site = quads(
            centre[None], along[None] / _length(quad[0], quad[1]), 2 * half_length, 2 * half_width
        )
        if half_length * 2.0 > u or half_width * 2.0 > v or not bool(self.free(site)[0]):
            return False
        turn = 90.0 - float(azimuth_deg(along[0], along[1]))
        self.landmarks.add(kind, centre, turn, dice.child("landmark"))
        return True

    def _stand(
        self,
        boxes: list[F64],
        floors: list[float],
        key: int,
        facade: str,
        roof: int = 0,
        pitch: float = 0.3,
        storey: float = 3.1,
    ) -> None:
        for box, level in zip(boxes, floors, strict=True):
            self._boxes.append(box)
            facts = (level * storey + 0.6, roof, pitch, FACADES.index(facade), len(self._boxes))
            self._facts.append(facts)
            self._keys.append(key)

    def stand(self) -> Rows:
        """Return the free-standing buildings of all blocks that were filled."""
        corners = np.array(self._boxes).reshape(-1, 4, 2)
        facts = np.array(self._facts).reshape(-1, 5)
        keep = np.flatnonzero(self.free(corners))
        corners, facts, block = corners[keep], facts[keep], np.array(self._keys, np.int64)[keep]
        height, item = facts[:, 0], facts[:, 4].astype(np.int64)
        pitched = facts[:, 1] > 0.0
        leg = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 1]
        long, short = (np.sqrt((d**2).sum(axis=1)) for d in leg)
        corners = np.where((long < short)[:, None, None], np.roll(corners, -1, axis=1), corners)
        rise = np.where(pitched, np.minimum(long, short) / 2.0 * facts[:, 2], 0.0)
        return Rows(
            corners=corners,
            eave=height,
            ridge=height + rise,
            roof=facts[:, 1].astype(np.int64),
            wall_rgb=self.palette.walls(block, item),
            roof_rgb=self.palette.roofs(block, item, pitched),
            facade=facts[:, 3].astype(np.int64),
            seed=(self.dice("seed", block, item) * 1e6).astype(np.int64),
        )

    def _slabs(self, quad: F64, u: float, v: float, key: int, dice: Dice) -> None:
        self._yard(quad, u, v, dice)
        across = dice.one("across") < 0.5 * (1.0 - self.difficulty)
        if across:
            quad, u, v = np.roll(quad, -1, axis=0), v, u
        bars = int(np.clip(np.rint(v / 40.0), 1, 4))
        floors = 4.0 + np.floor(dice.one("floors") * dice.one("floors") * 9.0)
        thick = 11.5 / v
        boxes, heights = [], []
        for k in range(bars):
            middle = (k + 0.5) / bars
            low, high = dice.between("low", 0.03, 0.14, k), dice.between("high", 0.82, 0.97, k)
            boxes.append(box_in(quad, low, high, middle - thick / 2.0, middle + thick / 2.0))
            heights.append(floors)
        self._stand(boxes, heights, key, "flats")

    def _downtown(self, quad: F64, u: float, v: float, key: int, dice: Dice) -> None:
        na, nb = int(np.clip(np.rint(u / 42.0), 1, 4)), int(np.clip(np.rint(v / 40.0), 1, 3))
        facade = ("ribbon", "glass", "flats", "shops")[int(dice.one("facade") * 4)]
        boxes, heights = [], []
        for k in range(na * nb):
            i, j = k % na, k // na
            fill = dice.between("fill", 0.78, 0.96, k)
            a, b = (i + 0.5) / na, (j + 0.5) / nb
            boxes.append(box_in(quad, a - fill / 2 / na, a + fill / 2 / na,
                                b - fill / 2 / nb, b + fill / 2 / nb))  # fmt: skip
            draw = dice.one("floors", k)
            heights.append(4.0 + np.floor(draw * draw * draw * 30.0 + draw * 5.0))
        self._stand(boxes, heights, key, facade, storey=3.5)

    def _mall(self, quad: F64, u: float, v: float, key: int, dice: Dice) -> None:
        split = dice.between("split", 0.42, 0.6)
        flip = dice.one("flip") < 0.5
        a0, a1 = (0.03, split) if not flip else (1.0 - split, 0.97)
        self._stand([box_in(quad, a0, a1, 0.06, 0.94)], [2.2], key, "shed")
        p0, p1 = (split + 0.04, 0.98) if not flip else (0.02, 0.96 - split)
        rows = int(np.clip(np.floor(v / 18.0), 1, 6))
        along = (quad[1] - quad[0]) / u
        stalls = int(u * (p1 - p0) / 2.7)
        for k in range(rows):
            a = p0 + (p1 - p0) * (np.arange(stalls + 1) / max(stalls, 1))
            centre = bilinear(quad, a, np.full(len(a), (k + 0.5) / rows))
            side = np.array([-along[1], along[0]])
            lines = quads(centre, np.broadcast_to(side, centre.shape), 10.0, 0.22)
            self.model.face(Layer.LOT, Kind.MARKING, lines, (206, 206, 202))

    def _industry(self, quad: F64, u: float, v: float, key: int, dice: Dice) -> None:
        na, nb = 1 + int(u > 95.0), 1 + int(v > 85.0)
        boxes = []
        for k in range(na * nb):
            i, j = k % na, k // na
            fa, fb = dice.between("fa", 0.55, 0.88, k), dice.between("fb", 0.45, 0.75, k)
            a, b = (i + 0.5) / na, (j + dice.between("b", 0.42, 0.58, k)) / nb
            boxes.append(box_in(quad, a - fa / 2 / na, a + fa / 2 / na,
                                b - fb / 2 / nb, b + fb / 2 / nb))  # fmt: skip
        roof = int(dice.one("gable") < 0.6)
        self._stand(boxes, [dice.between("high", 2.0, 3.4)] * len(boxes), key, "shed", roof, 0.22)

    def _campus(self, quad: F64, u: float, v: float, key: int, dice: Dice) -> None:
        t, w = 12.0 / u, 12.0 / v
        boxes = [
            box_in(quad, 0.08, 0.08 + t, 0.1, 0.9),
            box_in(quad, 0.08 + t, 0.68, 0.5 - w / 2.0, 0.5 + w / 2.0),
            box_in(quad, 0.68, 0.68 + t, 0.1, 0.9),
        ]
        if dice.one("wing") < 0.5:
            boxes.append(box_in(quad, 0.08 + t, 0.68, 0.1, 0.1 + w))
        roof = int(dice.one("roof") < self.style.pitch_share * 0.6)
        self._stand(boxes, [2.0 + np.floor(dice.one("floors") * 3.0)] * len(boxes), key, "flats",
                    roof, 0.6)  # fmt: skip
        colour = ((58, 96, 140), (156, 84, 62), (72, 116, 84))[int(dice.one("court") * 3)]
        court = box_in(quad, 0.8, 0.97, 0.2, 0.8)
        self.model.face(Layer.LOT, Kind.PITCH, court[None], colour)

    def _perimeter(self, quad: F64, u: float, v: float, dice: Dice) -> None:
        if u < 45.0 or v < 45.0:
            return
        yard = box_in(quad, 16.0 / u, 1.0 - 16.0 / u, 16.0 / v, 1.0 - 16.0 / v)
        if dice.one("court") < 0.7 * self.climate.green + 0.1:
            self.model.face(Layer.LOT, Kind.GRASS, yard[None], rgb(self.climate.grass))
        self._yard(yard, u - 32.0, v - 32.0, dice)

    def _yard(self, quad: F64, u: float, v: float, dice: Dice) -> None:
        """Paint what lies behind houses: a path, parked cars' stalls, a playground."""
        if u < 20.0 or v < 12.0:
            return
        at = dice.between("path", 0.3, 0.7)
        path = box_in(quad, 0.02, 0.98, at - 0.8 / v, at + 0.8 / v)
        self.model.face(Layer.LOT, Kind.PATH, path[None], (172, 160, 138))
        if dice.one("stalls") < 0.5:
            a, wide = dice.between("stall a", 0.1, 0.6), min(0.4, 22.0 / u)
            pad = box_in(quad, a, a + wide, at + 0.8 / v, min(at + 11.0 / v, 0.98))
            self.model.face(Layer.LOT, Kind.PARKING, pad[None], (98, 97, 96))
        if dice.one("play") < 0.45:
            a, wide, deep = dice.between("play a", 0.1, 0.7), min(0.3, 11.0 / u), min(0.3, 9.0 / v)
            sand = box_in(quad, a, a + wide, at - 1.2 / v - deep, at - 1.2 / v)
            self.model.face(Layer.LOT, Kind.SOIL, sand[None], (206, 186, 142))

    def _park(self, quad: F64, u: float, v: float, dice: Dice) -> None:
        tan = (176, 158, 128)
        t = np.linspace(0.02, 0.98, 9)
        bend = dice.between("bend", -0.2, 0.2)
        curve = bend * 4.0 * t * (1.0 - t)
        paths = np.stack([bilinear(quad, t, t + curve), bilinear(quad, t, 1.0 - t + curve)])
        half = np.full(2, 1.4)
        self.model.face(Layer.LOT, Kind.PATH, offset_strips(paths, half, -half), tan)
        if dice.one("pond") < 0.6 * (1.0 - 0.6 * self.difficulty):
            a, b = dice.between("pa", 0.3, 0.7), dice.between("pb", 0.35, 0.65)
            centre = bilinear(quad, np.array(a), np.array(b))
            size = min(u, v) * dice.between("size", 0.16, 0.3)
            ring = polygon_ring(16, dice.between("turn", 0.0, 90.0))
            ring = (
                ring * (0.75 + 0.4 * dice("shore", np.arange(16)))[:, None] * np.array([1.3, 0.9])
            )
            shore = centre + ring * (size + 1.6)
            self.model.face(Layer.LOT, Kind.BANK, shore[None], (140, 128, 100))
            self.model.face(Layer.LOT, Kind.WATER, (centre + ring * size)[None], (62, 84, 86))
            self.areas.append(("pond", centre, 3.3 * size * size))

    def _sport(self, quad: F64, u: float, v: float, dice: Dice) -> None:
        middle = bilinear(quad, np.array([0.0, 1.0]), np.array([0.5, 0.5]))
        along = (middle[1] - middle[0]) / _length(middle[0], middle[1])
        across = np.array([-along[1], along[0]])
        centre = middle.mean(axis=0)
        long, wide = min(96.0, u * 0.76), min(60.0, v * 0.66)
        if dice.one("track") < 0.5:
            ring = polygon_ring(28)
            for extra, kind, colour in (
                (9.0, Kind.PITCH, (168, 84, 62)),
                (1.0, Kind.PITCH, (84, 132, 62)),
            ):
                shape = ring * np.array([long / 2.0 + extra, wide / 2.0 + extra])
                track = centre + shape[:, :1] * along + shape[:, 1:] * across
                self.model.face(Layer.LOT, kind, track[None], colour)
            long, wide = long * 0.76, wide * 0.76
        for k in range(7):
            at = (centre + along * (long * (k - 3) / 7.0))[None]
            shade = (84, 136, 62) if k % 2 else (96, 148, 70)
            self.model.face(Layer.LOT, Kind.PITCH, quads(at, along[None], long / 7.0, wide), shade)
        ends = ((0.0, 0.0), (long / 2.0, 0.0), (-long / 2.0, 0.0))
        sides = ((0.0, wide / 2.0), (0.0, -wide / 2.0))
        lines = [(*at, 0.25, wide) for at in ends] + [(*at, long, 0.25) for at in sides]
        for x, y, length, width in lines:
            at = (centre + along * x + across * y)[None]
            line = quads(at, along[None], length, width)
            self.model.face(Layer.LOT, Kind.MARKING, line, (232, 234, 228))

    def _plaza(self, quad: F64, u: float, v: float, dice: Dice) -> None:
        light = ((196, 186, 166), (176, 158, 142), (188, 186, 182))[int(dice.one("stone") * 3)]
        self.model.face(Layer.LOT, Kind.PAVED, quad[None], light)
        centre = bilinear(quad, np.array(0.5), np.array(0.5))
        ring = polygon_ring(20)
        for share, kind, colour in (
            (0.26, Kind.PAVED, (148, 132, 118)),
            (0.2, Kind.PAVED, light),
            (0.09, Kind.WATER, (70, 104, 112)),
        ):
            self.model.face(Layer.LOT, kind, (centre + ring * min(u, v) * share)[None], colour)

    def _field(self, quad: F64, u: float, v: float, dice: Dice) -> None:
        rows = int(np.clip(v / 9.0, 3, 14))
        colours = np.array(
            [rgb(self.climate.wild), rgb(self.climate.soil), rgb(self.climate.grass)]
        )
        second = colours[int(dice.one("crop") * 3)] + np.array((12, 10, 0))
        for k in range(0, rows, 2):
            strip = box_in(quad, 0.03, 0.97, (k + 0.1) / rows, (k + 0.95) / rows)
            self.model.face(Layer.LOT, Kind.CROP, strip[None], np.clip(second, 0, 255))


def garden_faces(builder: Builder, gardens: F64, block: I64) -> None:
    """Paint house plots with their own shade of green and a drive to the street."""
    dice, climate = builder.dice, builder.climate
    n = np.arange(len(gardens))
    grass, soil = np.array(rgb(climate.grass)), np.array(rgb(climate.soil))
    share = (dice("lawn", block, n) < climate.green)[:, None]
    tone = (dice("shade", block, n) * 30.0 - 15.0)[:, None]
    colour = np.clip(np.where(share, grass, soil * 0.85 + grass * 0.15) + tone, 0, 255)
    for green, kind in ((True, Kind.GRASS), (False, Kind.SOIL)):
        rows = np.flatnonzero(share[:, 0] == green)
        builder.model.face(Layer.LOT, kind, gardens[rows], colour[rows].astype(np.uint8))
    rows = np.flatnonzero(dice("drive", block, n) < 0.75)
    g = gardens[rows]
    a = np.where(dice("hand", block, n)[rows] < 0.5, 0.03, 0.76)[:, None]
    front = g[:, 0] * (1.0 - a) + g[:, 1] * a, g[:, 0] * (0.79 - a) + g[:, 1] * (a + 0.21)
    back = g[:, 3] * (1.0 - a) + g[:, 2] * a, g[:, 3] * (0.79 - a) + g[:, 2] * (a + 0.21)
    deep = 0.62
    drive = np.stack(
        [
            front[0],
            front[1],
            front[1] * (1 - deep) + back[1] * deep,
            front[0] * (1 - deep) + back[0] * deep,
        ],
        axis=1,
    )
    shade = np.where(dice("gravel", block, n)[rows, None] < 0.5, (150, 144, 134), (112, 110, 108))
    builder.model.face(Layer.LOT, Kind.PATH, drive, shade.astype(np.uint8))
