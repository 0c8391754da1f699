"""Tables, figures and one-file HTML pages that open without a network."""

from geobench_tools.reports._card import write_card
from geobench_tools.reports._map import write_map
from geobench_tools.reports._page import (
    Html,
    Page,
    asset,
    bar_table,
    escape,
    facts,
    table,
    write_page,
)
from geobench_tools.reports._pairing import PairingReport, PairingRequest, make_pairs

__all__ = [
    "Html",
    "Page",
    "PairingReport",
    "PairingRequest",
    "asset",
    "bar_table",
    "escape",
    "facts",
    "make_pairs",
    "table",
    "write_card",
    "write_map",
    "write_page",
]
