"""Places that several countries hold or claim: which others, besides the one that is answered."""

import numpy as np
import numpy.typing as npt

__all__ = ["other_claims"]

_COUNTRIES = {
    "EH": "MA",
    "FK": "AR",
    "GI": "ES",
    "GS": "AR",
    "IO": "MU",
    "PS": "IL",
    "TW": "CN",
    "XK": "RS",
    "YT": "KM",
}
_DIVISIONS = {
    "IN.12": "PK",  # Jammu and Kashmir
    "IN.41": "PK CN",  # Ladakh
    "IN.30": "CN",  # Arunachal Pradesh
    "PK.06": "IN",  # Azad Kashmir
    "PK.07": "IN",  # Gilgit-Baltistan
    "UA.05": "RU",  # Donetsk
    "UA.08": "RU",  # Kherson
    "UA.11": "RU",  # Crimea
    "UA.14": "RU",  # Luhansk
    "UA.20": "RU",  # Sevastopol
    "UA.26": "RU",  # Zaporizhzhia
}
_BOXES = (
    # south, west, north, east, all who hold or claim it
    (32.68, 35.62, 33.34, 35.95, "IL SY"),  # Golan Heights
    (31.70, 35.20, 31.88, 35.31, "IL PS"),  # East Jerusalem
    (34.10, 77.80, 36.10, 80.40, "CN IN"),  # Aksai Chin
    (43.30, 145.30, 45.60, 149.00, "RU JP"),  # southern Kurils
    (22.00, 33.10, 23.20, 37.20, "EG SD"),  # Halaib triangle
    (21.70, 33.10, 22.00, 34.20, "EG SD"),  # Bir Tawil, which neither claims
    (9.30, 27.80, 10.60, 29.10, "SD SS"),  # Abyei
    (4.40, 34.30, 5.50, 36.10, "KE SS ET"),  # Ilemi triangle
    (1.10, -61.50, 8.60, -58.20, "GY VE"),  # west of the Essequibo
    (6.50, 109.50, 12.00, 118.00, "CN TW VN PH MY BN"),  # Spratly Islands
    (15.60, 111.00, 17.20, 113.00, "CN TW VN"),  # Paracel Islands
    (15.00, 117.50, 15.30, 118.00, "CN TW PH"),  # Scarborough Shoal
    (37.20, 131.80, 37.30, 131.90, "KR JP"),  # Liancourt Rocks
    (25.60, 123.30, 26.00, 124.80, "JP CN TW"),  # Senkaku Islands
    (25.80, 54.90, 26.40, 55.40, "IR AE"),  # Abu Musa and the Tunbs
    (35.84, -5.45, 35.93, -5.25, "ES MA"),  # Ceuta
    (35.25, -3.02, 35.33, -2.90, "ES MA"),  # Melilla
    (18.37, -75.10, 18.45, -74.95, "UM HT"),  # Navassa Island
    (35.19, 32.90, 35.75, 34.65, "CY TR"),  # northern Cyprus
    (35.04, 33.63, 35.19, 34.65, "CY TR"),  # northern Cyprus round Famagusta
)

_EDGES = np.array([box[:4] for box in _BOXES])


def other_claims(
    lat: npt.NDArray[np.float64],
    lon: npt.NDArray[np.float64],
    country: npt.NDArray[np.object_],
    admin1_code: npt.NDArray[np.object_],
) -> npt.NDArray[np.object_]:
    """Return tuples of the codes of other countries that hold or claim each position."""
    found = np.empty(len(lat), object)
    found[:] = [()] * len(lat)
    for values, table in ((country, _COUNTRIES), (admin1_code, _DIVISIONS)):
        for index, value in enumerate(values):
            if value in table:
                found[index] = tuple(table[value].split())
    south, west, north, east = _EDGES.T[:, :, None]
    within = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
    for box, index in np.argwhere(within):
        parties = _BOXES[box][4].split()
        if country[index] in parties:
            others = (code for code in parties if code != country[index])
            found[index] = tuple(dict.fromkeys((*found[index], *others)))
    return found
