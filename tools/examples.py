"""Draws the examples of how each view should look: `python tools/examples.py`."""

import io
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from derm_service.demo.camera import Shot, photograph
from derm_service.demo.lesions import Kind, Lesion
from derm_service.demo.scene import Wish
from derm_service.imaging.codes import View

FOLDER = Path(__file__).parents[1] / "derm_service" / "static" / "examples"
SIZE, QUALITY = (480, 360), 82
TAKEN = datetime(2026, 8, 6, 9, 20, tzinfo=UTC)


def main() -> None:
    """One picture for each view, of one drawn lesion, small enough for any line."""
    FOLDER.mkdir(exist_ok=True)
    for view in View:
        wish = Wish(view, Lesion(Kind.NAEVUS, 7.0, seed=11), monk=4, seed=5, hair_per_cm2=0.1)
        drawn = photograph(wish, Shot(taken_at=TAKEN)).jpeg
        small = Image.open(io.BytesIO(drawn)).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
        small.save(FOLDER / f"{view.value}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
