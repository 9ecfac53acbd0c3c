"""How a file is described to people: its kind and its size."""

_KINDS = {
    "application/epub+zip": "EPUB",
    "application/haansofthwp": "HWP",
    "application/haansofthwpx": "HWPX",
    "application/hwp+zip": "HWPX",
    "application/msword": "DOC",
    "application/pdf": "PDF",
    "application/vnd.hancom.hwp": "HWP",
    "application/vnd.hancom.hwpx": "HWPX",
    "application/vnd.ms-excel": "XLS",
    "application/vnd.ms-powerpoint": "PPT",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PPTX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "application/x-hwp": "HWP",
    "application/zip": "ZIP",
    "audio/mpeg": "MP3",
    "image/svg+xml": "SVG",
    "text/plain": "TXT",
}
_LONGEST_SUBTYPE = 5
_STEP = 1000


def kind(mime_type: str) -> str:
    """Name a media type as people do: ``PDF``, ``HWP``; empty where it has no short name."""
    essence = mime_type.partition(";")[0].strip().lower()
    subtype = essence.partition("/")[2].removeprefix("x-")
    short = subtype.upper() if len(subtype) <= _LONGEST_SUBTYPE and subtype.isalnum() else ""
    return _KINDS.get(essence, short)


def size(number: int | None) -> str:
    """Write a number of bytes in decimal units: ``340 KB``, ``1.2 MB``; empty if unknown."""
    if number is None:
        return ""
    amount, unit = float(number), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if round(amount, 1) < _STEP:
            break
        amount, unit = amount / _STEP, larger
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"
