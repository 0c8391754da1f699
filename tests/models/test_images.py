import io

import numpy as np
import pytest
from PIL import Image

from geobench_tools.models import ImageLoader, ImagePart, UnreadableImage, data_url, image_size


def picture(image_format, size=(40, 20), mode="RGB"):
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(out, image_format)
    return out.getvalue()


def takes(*kinds):
    return lambda media_type: media_type in kinds


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "gif", "tiff", "bmp"])
def test_accepted_bytes_are_untouched(kind):
    data = picture(kind)
    loaded = ImageLoader(takes(f"image/{kind}")).load(ImagePart(data))
    assert (loaded.data, loaded.media_type, loaded.change) == (data, f"image/{kind}", "")


def test_kinds_the_model_does_not_take_become_png_without_loss():
    data = picture("tiff")
    loaded = ImageLoader(takes("image/png")).load(ImagePart(data))
    assert loaded.media_type == "image/png"
    assert loaded.change == "40x20 image/tiff to 40x20 image/png"
    with Image.open(io.BytesIO(loaded.data)) as sent, Image.open(io.BytesIO(data)) as file:
        assert np.array_equal(np.asarray(sent), np.asarray(file))


def test_resizing_leaves_small_images_alone():
    data = picture("jpeg")
    loader = ImageLoader(takes("image/jpeg"), max_side_px=40)
    assert loader.load(ImagePart(data)).data == data
    smaller = ImageLoader(takes("image/jpeg"), max_side_px=10).load(ImagePart(data))
    assert image_size(smaller.data) == (10, 5)


def test_transparency_survives():
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 128)).save(out, "PNG")
    small = ImageLoader(takes("image/png"), max_side_px=4).load(ImagePart(out.getvalue()))
    with Image.open(io.BytesIO(small.data)) as image:
        assert image.mode == "RGBA"


def test_turned_photos_are_upright_after_resizing():
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (40, 20)).save(out, "JPEG", exif=exif)
    small = ImageLoader(takes("image/jpeg"), max_side_px=20).load(ImagePart(out.getvalue()))
    assert image_size(small.data) == (10, 20)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"%PDF-1.7", "is no JPEG"), (None, "cannot be read")],
)
def test_what_is_no_image(tmp_path, content, message):
    path = tmp_path / "a.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableImage, match=message):
        ImageLoader(takes("image/jpeg")).load(ImagePart(path))


def test_cut_image_cannot_be_resized(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(picture("jpeg", (400, 400))[:2000])
    with pytest.raises(UnreadableImage, match="cannot be read"):
        ImageLoader(takes("image/jpeg"), max_side_px=10).load(ImagePart(path))


def test_changed_file_is_read_again(tmp_path):
    path = tmp_path / "a.jpg"
    loader = ImageLoader(takes("image/jpeg"))
    path.write_bytes(picture("jpeg"))
    first = loader.load(ImagePart(path))
    assert loader.load(ImagePart(path)) is first
    path.write_bytes(picture("jpeg", (10, 10)))
    assert loader.load(ImagePart(path)).sha256 != first.sha256


def test_data_url_tells_the_type():
    assert data_url(picture("png"), "").startswith("data:image/png;base64,iVBOR")
