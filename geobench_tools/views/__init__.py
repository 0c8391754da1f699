"""Image tables with positions: one schema, readers, validation."""

from geobench_tools.views._schema import (
    COLUMNS,
    VIEW_SCHEMA_VERSION,
    ViewTable,
    read_views,
    view_facts,
    view_schema,
    write_views,
)

__all__ = [
    "COLUMNS",
    "VIEW_SCHEMA_VERSION",
    "ViewTable",
    "read_views",
    "view_facts",
    "view_schema",
    "write_views",
]
