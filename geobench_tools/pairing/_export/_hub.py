"""What the targets that ``datasets`` loads share: features, front matter and image cells."""

from collections.abc import Mapping, Sequence
from typing import Any

from geobench_tools.pairing._export._images import ImageRef, ImageStore

__all__ = ["DATA_FOLDER", "front_matter", "hub_schema", "image_cell"]

DATA_FOLDER = "data"


def hub_schema(features: Mapping[str, Any]) -> Any:
    """Return the Arrow schema of ``datasets`` features, with the metadata that restores them."""
    from datasets import Features

    return Features(features).arrow_schema


def image_cell(images: ImageStore, ref: ImageRef) -> dict[str, Any]:
    """Return an image as the storage value of ``datasets.Image``."""
    name, content = images.read(ref)
    return {"bytes": content, "path": name}


def front_matter(splits: Sequence[str], tags: Sequence[str]) -> str:
    """Return the YAML header of a dataset card that maps splits to their shards."""
    import yaml

    header = {
        "license": "other",
        "license_name": "see-image-sources",
        "pretty_name": "Cross-view pairing set",
        "task_categories": ["visual-question-answering"],
        "language": ["en"],
        "tags": [*tags],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": split, "path": f"{DATA_FOLDER}/{split}-*.parquet"} for split in splits
                ],
            }
        ],
    }
    return f"---\n{yaml.safe_dump(header, sort_keys=False, allow_unicode=True)}---\n\n"
