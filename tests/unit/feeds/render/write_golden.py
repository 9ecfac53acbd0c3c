"""Writes the golden documents anew: ``python -m tests.unit.feeds.render.write_golden``.

Read the difference before you keep it.
"""

from pathlib import Path

from services.feeds.render.formats import Format, render
from tests.unit.feeds.render.samples import SNAPSHOTS

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str, form: Format) -> Path:
    """Return the file that holds what a sample must look like in a format."""
    return GOLDEN / f"{name}.{form.extension}"


def main() -> None:
    """Write every golden document."""
    for name, snapshot in SNAPSHOTS.items():
        for form in Format:
            golden(name, form).write_bytes(render(form, snapshot))


if __name__ == "__main__":
    main()
