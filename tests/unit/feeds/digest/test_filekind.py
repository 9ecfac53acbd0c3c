"""How files are described."""

import pytest

from services.feeds.digest.filekind import kind, size


@pytest.mark.parametrize(
    ("mime_type", "name"),
    [
        ("application/pdf", "PDF"),
        ("Application/PDF; version=1.7", "PDF"),
        ("application/x-hwp", "HWP"),
        ("application/vnd.hancom.hwpx", "HWPX"),
        ("image/jpeg", "JPEG"),
        ("video/mp4", "MP4"),
        ("audio/mpeg", "MP3"),
        ("application/octet-stream", ""),
        ("application/vnd.oasis.opendocument.text", ""),
    ],
)
def test_kind(mime_type: str, name: str) -> None:
    assert kind(mime_type) == name


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (None, ""),
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 KB"),
        (348_160, "348.2 KB"),
        (999_999, "1 MB"),
        (1_234_567, "1.2 MB"),
        (5 * 10**9, "5 GB"),
        (2**53, "9007.2 TB"),
    ],
)
def test_size(number: int | None, written: str) -> None:
    assert size(number) == written
