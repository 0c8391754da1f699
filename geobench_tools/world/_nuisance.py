"""What differs between two photographs of the same place (the N of a world)."""

from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["Nuisance"]


@dataclass(frozen=True)
class Nuisance:
    """One view's nuisance; independent of the geometry and, by default, of every other view.

    Attributes:
        seed: Source of noise, clouds and traffic of this view.
        captured_at: Time of capture, UTC; the sun follows from it.
        leaves: Foliage of deciduous trees, 0 bare to 1 full.
        autumn: Autumn colours, 0 to 1.
        dry: Dryness of the grass, 0 to 1.
        snow: Snow on the ground, 0 to 1.
        clouds: Cloud cover, 0 clear to 1 overcast; dims the sun.
        visibility_m: Distance at which haze takes two thirds of the contrast, metres.
        exposure: Factor on the light.
        gains: White balance: factors on red, green and blue.
        contrast: Factor on the distance to middle grey.
        saturation: Factor on the distance to grey of the same brightness.
        noise: Standard deviation of the sensor noise, grey levels of 255.
        blur: Weight of the neighbours in the optical blur, 0 to 1.
        jpeg_quality: Quality setting of the encoder.
        vendor: Which provider's border and mark the image carries; 0 has none.
        traffic: Cars, as a share of the places where a car may stand.
        roll_deg: Roll of the camera, its right side down; ground views only.
        pitch_deg: Pitch of the camera, up; ground views only.
        padding: Share of a fixed budget of bytes that is added to the file as a comment.
    """

    seed: int = 0
    captured_at: datetime = datetime(2022, 6, 1, 12, tzinfo=UTC)
    leaves: float = 1.0
    autumn: float = 0.0
    dry: float = 0.0
    snow: float = 0.0
    clouds: float = 0.1
    visibility_m: float = 3000.0
    exposure: float = 1.0
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 1.0
    saturation: float = 1.0
    noise: float = 1.5
    blur: float = 0.1
    jpeg_quality: int = 88
    vendor: int = 0
    traffic: float = 0.25
    roll_deg: float = 0.0
    pitch_deg: float = 0.0
    padding: float = 0.0
