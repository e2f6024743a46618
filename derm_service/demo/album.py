"""Drawn photographs to try the capture page with: two lesions in every view, and one blurred."""

from collections.abc import Iterator
from pathlib import Path

from derm_service import clock
from derm_service.demo.camera import Faults, Shot, photograph
from derm_service.demo.lesions import Kind, Lesion
from derm_service.demo.scene import Wish
from derm_service.imaging.codes import View

SIZE = (1600, 1200)
BLURRED = Faults(defocus_px=9)
LESIONS = (Lesion(Kind.NAEVUS, 6, seed=11), Lesion(Kind.MELANOMA, 9, seed=12))
PAGES: dict[str, tuple[Lesion, View, Faults | None]] = {
    **{
        f"lesion-{number}-{view.value.replace('_', '-')}.jpg": (lesion, view, None)
        for number, lesion in enumerate(LESIONS, start=1)
        for view in View
    },
    "lesion-1-close-up-blurred.jpg": (LESIONS[0], View.CLOSE_UP, BLURRED),
}


def files(folder: Path) -> list[Path]:
    """Where the photographs of the album lie in a folder."""
    return [folder / name for name in PAGES]


def draw(folder: Path) -> Iterator[Path]:
    """Write the album into a folder and yield each file; what is there already is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in files(folder):
        if not path.exists():
            lesion, view, faults = PAGES[path.name]
            wish = Wish(view=view, lesion=lesion, size=SIZE, seed=lesion.seed)
            path.write_bytes(photograph(wish, Shot(taken_at=clock.now()), faults).jpeg)
        yield path
