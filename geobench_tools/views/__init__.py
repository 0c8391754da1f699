"""Image tables with positions: one schema, readers, validation."""

from geobench_tools.views._columns import parse_mapping
from geobench_tools.views._fetch import FetchPreview, FetchReport, fetch_tiles, preview_fetch
from geobench_tools.views._fetch_pace import read_retry_after
from geobench_tools.views._fetch_source import FetchOptions
from geobench_tools.views._hub import is_hub_name, read_hub
from geobench_tools.views._images import BROKEN_IMAGE, IMAGE_FORMATS
from geobench_tools.views._index import index_views, is_view_table, load_views
from geobench_tools.views._options import Kind, OnBad, ReadOptions
from geobench_tools.views._plan import PlanOptions, PlanReport, plan_tiles
from geobench_tools.views._raw import Problem, RawViews
from geobench_tools.views._results import IndexResult, ProblemGroup, SourceReport
from geobench_tools.views._schema import (
    COLUMNS,
    VIEW_SCHEMA_VERSION,
    ViewTable,
    read_views,
    view_facts,
    view_schema,
    write_views,
)
from geobench_tools.views._sources import SourceLayout, list_sources

__all__ = [
    "BROKEN_IMAGE",
    "COLUMNS",
    "IMAGE_FORMATS",
    "VIEW_SCHEMA_VERSION",
    "FetchOptions",
    "FetchPreview",
    "FetchReport",
    "IndexResult",
    "Kind",
    "OnBad",
    "PlanOptions",
    "PlanReport",
    "Problem",
    "ProblemGroup",
    "RawViews",
    "ReadOptions",
    "SourceLayout",
    "SourceReport",
    "ViewTable",
    "fetch_tiles",
    "index_views",
    "is_hub_name",
    "is_view_table",
    "list_sources",
    "load_views",
    "parse_mapping",
    "plan_tiles",
    "preview_fetch",
    "read_hub",
    "read_retry_after",
    "read_views",
    "view_facts",
    "view_schema",
    "write_views",
]
