"""Continents and the regions that people name, as countries.

Subregions are those of the UN's M49 standard; the others are usual groupings. Each has a core, and
countries that some count to it: a region is right in its core and wrong outside both.
"""

from dataclasses import dataclass
from functools import cache

from geobench_tools.places import countries_with
from geobench_tools.plaintext import words

__all__ = ["Region", "regions"]

_M49 = {
    "northern africa": "DZ EG LY MA SD TN EH",
    "eastern africa": "IO BI KM DJ ER ET TF KE MG MW MU YT MZ RE RW SC SO SS UG TZ ZM ZW",
    "central africa": "AO CM CF TD CG CD GQ GA ST",
    "southern africa": "BW SZ LS NA ZA",
    "western africa": "BJ BF CV CI GM GH GN GW LR ML MR NE NG SH SN SL TG",
    "caribbean": "AI AG AW BS BB BQ VG KY CU CW DM DO GD GP HT JM MQ MS PR BL KN LC MF VC SX TT TC"
    " VI",
    "central america": "BZ CR SV GT HN NI PA",
    "central asia": "KZ KG TJ TM UZ",
    "eastern asia": "CN HK MO KP JP MN KR TW",
    "southeast asia": "BN KH ID LA MY MM PH SG TH TL VN",
    "southern asia": "BD BT IN IR MV NP PK LK AF",
    "western asia": "AM AZ BH CY GE IQ IL JO KW LB OM QA SA PS SY TR AE YE",
    "eastern europe": "BY BG CZ HU PL MD RO RU SK UA",
    "northern europe": "AX DK EE FO FI GG IS IE IM JE LV LT NO SJ SE GB",
    "southern europe": "AL AD BA HR GI GR VA IT MT ME MK PT SM RS SI ES XK",
    "western europe": "AT BE FR DE LI LU MC NL CH",
    "melanesia": "FJ NC PG SB VU",
    "micronesia": "GU KI MH FM NR MP PW UM",
    "polynesia": "AS CK PF NU PN WS TK TO TV WF",
}
_TOLERATED = {
    "northern africa": "MR ML NE TD SS",
    "eastern africa": "SD EG AO BW ZA CD",
    "central africa": "ZM SD NG UG RW BI SS",
    "southern africa": "ZM ZW MZ MW AO MG MU",
    "western africa": "CM TD EH",
    "caribbean": "BZ GY SR GF CO VE MX HN NI CR PA BM US",
    "central america": "MX CO CU DO JM",
    "central asia": "AF MN CN RU IR",
    "eastern asia": "RU VN",
    "southeast asia": "CN HK MO TW PG",
    "southern asia": "MM TJ",
    "western asia": "EG IR BG GR AF",
    "eastern europe": "EE LV LT RS HR BA SI ME MK AL XK GE AM AZ DE AT KZ GR TR",
    "northern europe": "NL DE BE PL BY RU GL",
    "southern europe": "FR BG RO TR CY MC CH AT MD",
    "western europe": "GB IE ES PT IT DK IM GI AD SI CZ",
    "melanesia": "ID TL",
    "micronesia": "PH",
    "polynesia": "NZ US CL FJ",
}
_OTHERS = {
    "europe": ("EU", "CY TR GE AM AZ KZ RU GL"),
    "asia": ("AS", "RU TR EG CY GE AM AZ"),
    "africa": ("AF", "YE"),
    "oceania": ("OC", "ID TL US CL"),
    "antarctica": ("AN", ""),
    "south america": ("SA", "PA TT AW CW BQ"),
    "north america": ("NA", "CO"),
}
_GROUPS = {
    "middle east": ("western asia", "EG IR", "AM AZ GE CY TR LY SD AF PK MA TN DZ"),
    "arabian peninsula": ("", "SA YE OM AE QA BH KW", "JO IQ"),
    "scandinavia": ("", "DK NO SE", "FI IS FO AX SJ"),
    "nordics": ("", "DK NO SE FI IS FO AX SJ GL", "EE"),
    "balkans": ("", "AL BA BG HR GR XK ME MK RS", "RO SI TR HU MD CY"),
    "baltics": ("", "EE LV LT", "FI PL RU BY"),
    "benelux": ("", "BE NL LU", ""),
    "iberia": ("", "ES PT AD GI", ""),
    "british isles": ("", "GB IE IM JE GG", ""),
    "maghreb": ("", "DZ LY MA MR TN EH", "EG"),
    "sahel": ("", "SN MR ML BF NE TD SD", "GM GN NG ER ET CM CV DJ CF"),
    "horn of africa": ("", "ET ER SO DJ", "KE SD"),
    "levant": ("", "LB SY JO IL PS", "TR CY IQ EG"),
    "caucasus": ("", "GE AM AZ", "RU TR IR"),
    "central europe": ("", "DE PL CZ SK AT HU CH SI LI", "HR RO RS UA FR LU BE NL LT IT DK"),
    "southern cone": ("", "AR CL UY", "PY BR"),
    "indian subcontinent": ("southern asia", "", "MM IR AF"),
    "australasia": ("", "AU NZ NF CX CC", "PG FJ NC SB VU"),
    "alpine region": ("", "AT CH LI", "DE FR IT SI MC HR"),
}
_SAME = {
    "north africa": "northern africa",
    "east africa": "eastern africa",
    "middle africa": "central africa",
    "west africa": "western africa",
    "east asia": "eastern asia",
    "northeast asia": "eastern asia",
    "south east asia": "southeast asia",
    "southeastern asia": "southeast asia",
    "south asia": "southern asia",
    "west asia": "western asia",
    "southwest asia": "western asia",
    "near east": "middle east",
    "nordic countries": "nordics",
    "nordic region": "nordics",
    "nordic country": "nordics",
    "scandinavian country": "scandinavia",
    "scandinavian countries": "scandinavia",
    "scandinavian peninsula": "scandinavia",
    "balkan peninsula": "balkans",
    "balkan country": "balkans",
    "balkan region": "balkans",
    "baltic states": "baltics",
    "baltic country": "baltics",
    "baltic region": "baltics",
    "iberian peninsula": "iberia",
    "low countries": "benelux",
    "the americas": "americas",
    "mainland europe": "europe",
    "continental europe": "europe",
    "east europe": "eastern europe",
    "north europe": "northern europe",
    "south europe": "southern europe",
    "west europe": "western europe",
    "southeastern europe": "balkans",
    "southeast europe": "balkans",
    "northwestern europe": "northwest europe",
    "south pacific": "oceania",
    "pacific islands": "oceania",
    "caucasus region": "caucasus",
}


@dataclass(frozen=True)
class Region:
    """A part of the world.

    Attributes:
        name: Its name in lower case.
        core: Codes of the countries in it.
        edge: Codes of those that some count to it.
    """

    name: str
    core: frozenset[str]
    edge: frozenset[str]


@cache
def regions() -> dict[str, Region]:
    """Return the regions by every name they go by, in lower case."""
    table = {
        name: Region(name, words(codes), words(_TOLERATED[name])) for name, codes in _M49.items()
    }
    for name, (code, edge) in _OTHERS.items():
        table[name] = Region(name, frozenset(countries_with(continent=code)), words(edge))
    for name, (base, codes, edge) in _GROUPS.items():
        core = table[base].core if base else frozenset()
        table[name] = Region(name, core | words(codes), words(edge))
    africa = table["africa"].core - table["northern africa"].core
    table["sub saharan africa"] = Region("sub-saharan africa", africa, words("SD MR"))
    south, middle = table["south america"].core, table["central america"].core
    caribbean = table["caribbean"].core
    table["latin america"] = Region(
        "latin america", south | middle | words("MX CU DO PR HT"), caribbean
    )
    table["central america"] = Region("central america", middle, table["central america"].edge)
    table["americas"] = Region("americas", south | table["north america"].core, frozenset())
    west, north = table["western europe"].core, words("GB IE DK NL BE LU DE FR NO")
    table["northwest europe"] = Region("northwest europe", north, west | words("SE"))
    for alias, name in _SAME.items():
        table[alias] = table[name]
    return table
