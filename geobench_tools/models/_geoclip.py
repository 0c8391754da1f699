"""GeoCLIP: the nearest of 100,000 places to an image (Cepeda et al., NeurIPS 2023)."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from geobench_tools.errors import InputError, missing_extra
from geobench_tools.models._batches import BatchedModel
from geobench_tools.models._images import decoded, pillow_decodes
from geobench_tools.models._types import JSON, ImagePart, ModelError, Reply, Request
from geobench_tools.provenance import package_versions

__all__ = ["GeoCLIPModel"]

_GALLERY_BATCH = 8192


class GeoCLIPModel(BatchedModel[tuple[Any, Any]]):
    """The PyPI package geoclip with its own gallery: no language, one position for one image.

    A reply is a JSON object with ``latitude`` and ``longitude`` in degrees and the ``probability``
    of that place among the gallery. It looks at the first image of a prompt. The gallery is encoded
    once, not for each image as the package's ``predict`` does; the result is the same.

    Args:
        device: Such as ``cuda:0``; empty for a GPU if there is one.

    Raises:
        InputError: The extra is not installed.
    """

    def __init__(self, *, device: str = "") -> None:
        try:
            import geoclip
            import torch
        except ImportError as error:
            raise missing_extra(error.name or "geoclip", "geoclip", "for --model geoclip") from None
        self._geoclip, self._torch = geoclip, torch
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        super().__init__("geoclip", 1)

    @property
    def identity(self) -> Mapping[str, JSON]:
        """The package's version, which holds weights and gallery."""
        return {"backend": "geoclip", **package_versions(["geoclip"])}

    def accepts(self, media_type: str) -> bool:
        """Return whether Pillow decodes it: JPEG, PNG, WebP, GIF, TIFF or BMP."""
        return pillow_decodes(media_type)

    async def facts(self) -> Mapping[str, JSON]:
        """Return the device."""
        return {"device": self._device}

    def _load(self) -> tuple[Any, Any]:
        try:
            model = self._geoclip.GeoCLIP().to(self._device).eval()
        except OSError as error:
            raise InputError(
                f"geoclip cannot load its image encoder: {error}",
                hint="it takes openai/clip-vit-large-patch14 from the hub or its cache",
            ) from None
        with self._torch.inference_mode():
            places = model.gps_gallery.to(self._device).split(_GALLERY_BATCH)
            encoded = self._torch.cat([model.location_encoder(part) for part in places])
            return model, self._torch.nn.functional.normalize(encoded, dim=1)

    def _generate(self, engine: tuple[Any, Any], requests: Sequence[Request]) -> list[Reply]:
        model, gallery = engine
        started = time.perf_counter()
        (request,) = requests
        parts = (part for message in request.messages for part in message.parts)
        part = next((part for part in parts if isinstance(part, ImagePart)), None)
        if part is None:
            raise ModelError("unanswerable", "the prompt has no image")
        image = decoded(part)
        with self._torch.inference_mode():
            pixels = model.image_encoder.preprocess_image(image).to(self._device)
            seen = self._torch.nn.functional.normalize(model.image_encoder(pixels), dim=1)
            chances = (model.logit_scale.exp() * (seen @ gallery.t())).softmax(dim=-1)[0]
            best = int(chances.argmax())
        lat, lon = (round(float(value), 6) for value in model.gps_gallery[best])
        found = {"latitude": lat, "longitude": lon, "probability": round(float(chances[best]), 6)}
        return [Reply(json.dumps(found), "stop", latency_s=time.perf_counter() - started)]
