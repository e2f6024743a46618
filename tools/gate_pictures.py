"""Draw docs/pictures/gate.jpg: what each fault looks like, and what the gate says of it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.degradations import FAULTS
from derm_service.demo.camera import Faults, expose
from derm_service.demo.lesions import Kind, Lesion
from derm_service.demo.scene import Wish, draw
from derm_service.imaging.codes import View
from derm_service.imaging.gate.judge import judge
from derm_service.imaging.gate.report import QualityReport
from derm_service.imaging.gate.sight import of_pixels

TARGET = Path(__file__).parents[1] / "docs" / "pictures" / "gate.jpg"
TILE, CAPTION, COLUMNS = (300, 225), 40, 4
SIZE = (1200, 900)
Pixels = NDArray[np.uint8]


def drawn(view: View, *, monk: int = 4, bubbles: int = 0, hair: float = 0.0) -> Pixels:
    """A good picture of a naevus."""
    wish = Wish(
        view,
        Lesion(Kind.NAEVUS, 7, 3),
        monk=monk,
        size=SIZE,
        hair_per_cm2=hair,
        bubbles=bubbles,
        etched_scale=True,
        seed=5,
    )
    return np.asarray(expose(draw(wish), Faults(), 5))


def examples() -> list[tuple[str, View, Pixels]]:
    """A title, the view and the picture: first the good ones, then each fault when severe."""
    good = [(f"good {view.value}", view, drawn(view)) for view in View]
    dark = [("good, darkest tone", View.DERMOSCOPIC, drawn(View.DERMOSCOPIC, monk=10))]
    rng = np.random.default_rng(4)
    spoilt = [
        (
            fault.codes[0],
            View.DERMOSCOPIC,
            fault.spoil(drawn(View.DERMOSCOPIC), fault.severe, rng),
        )
        for fault in FAULTS
    ]
    bubbles = [("bubbles (no code yet)", View.DERMOSCOPIC, drawn(View.DERMOSCOPIC, bubbles=9))]
    return [*good, *dark, *spoilt, *bubbles]


def tile(title: str, report: QualityReport, pixels: Pixels) -> Image.Image:
    """The picture small, its marked regions, its title and what was said."""
    image = Image.fromarray(pixels).resize(TILE, Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(image)
    for region in (region for issue in report.issues for region in issue.regions):
        left, top = region.x * TILE[0], region.y * TILE[1]
        pen.rectangle(
            (left, top, left + region.width * TILE[0], top + region.height * TILE[1]),
            outline="#ffdd00",
            width=2,
        )
    whole = Image.new("RGB", (TILE[0], TILE[1] + CAPTION), "white")
    whole.paste(image)
    font = ImageFont.load_default(13)
    words = ImageDraw.Draw(whole)
    words.text((4, TILE[1] + 3), title, fill="black", font=font)
    named = ", ".join(issue.code.value for issue in report.issues)
    said = f"{report.verdict.value}: {named}" if named else report.verdict.value
    words.text((4, TILE[1] + 20), said[:48], fill="#4c6272", font=font)
    return whole


def main() -> None:
    """Draw all, judge all, lay them out in rows."""
    tiles = [
        tile(title, judge(of_pixels(pixels), view=view), pixels)
        for title, view, pixels in examples()
    ]
    rows = -(-len(tiles) // COLUMNS)
    width, height = TILE[0] + 8, TILE[1] + CAPTION + 8
    sheet = Image.new("RGB", (COLUMNS * width, rows * height), "white")
    for at, each in enumerate(tiles):
        sheet.paste(each, (at % COLUMNS * width, at // COLUMNS * height))
    sheet.save(TARGET, quality=82)
    print(f"{TARGET.relative_to(TARGET.parents[2])}: {len(tiles)} pictures")


if __name__ == "__main__":
    main()
