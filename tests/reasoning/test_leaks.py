"""What no viewer could know is flagged; what one can see or estimate is not."""

import pytest

from geobench_tools.reasoning import TraceFacts, check_trace

FACTS = TraceFacts(
    lat=45.764043, lon=4.835659, identifiers=("ground/a1b2c3d4.jpg", "18d35f44c6a15891")
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("According to the metadata this is Lyon.", "metadata_quoted"),
        ("The EXIF data says it was taken in July.", "metadata_quoted"),
        ("Based on the GPS coordinates, we are in France.", "metadata_quoted"),
        ("The image's GPS tag places it in Lyon.", "metadata_quoted"),
        ("As stated in the file name, this is Lyon.", "metadata_quoted"),
        ("Since the provided answer is B, I choose B.", "answer_quoted"),
        ("The ground truth is tile B.", "answer_quoted"),
        ("I was told that the answer is B.", "answer_quoted"),
        ("The correct tile is 18d35f44c6a15891.", "identifier"),
        ("The photo a1b2c3d4 shows a street.", "identifier"),
        ("The file DSC_0042.JPG shows a street.", "identifier"),
        ("The photo was taken at 45.764043, 4.835659.", "exact_coordinates"),
        ("The location is exactly 48.85837, 2.29448.", "exact_coordinates"),
        ("It is roughly at 45.7640, 4.8357.", "exact_coordinates"),
    ],
)
def test_a_leak(text: str, kind: str) -> None:
    leaks = check_trace(text, FACTS).leaks
    assert [leak.kind for leak in leaks] == [kind]
    assert text[slice(*leaks[0].span)].strip() == leaks[0].text


@pytest.mark.parametrize(
    "text",
    [
        "No metadata is available, so I rely on the buildings.",
        "Without GPS data the position must be guessed.",
        "A GPS device is mounted on the dashboard.",
        "The provided images show a street and four tiles.",
        "The correct answer is B.",
        "There are no location hints in the signage.",
        "The coordinates are roughly 45.8, 4.8.",
        "I estimate the position at about 45.7712, 4.8911.",
        "<think>It looks like Lyon.</think><answer>45.764043, 4.835659</answer>",
        '{"latitude": "45.7640", "longitude": "4.8357"}',
        "This is a known location for photographers.",
    ],
)
def test_no_leak(text: str) -> None:
    assert check_trace(text, FACTS).leaks == ()
