"""What a confined child does with its one file: decode, judge and render it.

Reads the file from one descriptor; writes one line of JSON and then the renditions' bytes to
another. Its process is forked by `nursery.py`.
"""

import io
import json
import os
from time import perf_counter
from typing import Any

from PIL import Image

from derm_service.imaging import camera, colour, stripping
from derm_service.imaging.codes import View
from derm_service.imaging.decode import Photograph, open_photograph, picture, sight
from derm_service.imaging.examined import Copy, Want
from derm_service.imaging.formats import MAX_BYTES, Refused
from derm_service.imaging.gate.judge import judge
from derm_service.imaging.gate.refusal import refuse
from derm_service.imaging.renditions import render, thumbnail

Header = dict[str, Any]

UPRIGHT_ALREADY = 1  # EXIF orientation


def load_everything() -> None:
    """Use each part once: libraries load modules on first use, and soon no file can be opened."""
    Image.init()
    grey = Image.linear_gradient("L").convert("RGB")
    for kind in ("PNG", "TIFF", "WEBP", "AVIF", "JPEG"):
        sample = io.BytesIO()
        grey.save(sample, kind, icc_profile=colour.SRGB.tobytes())
        photograph = open_photograph(sample.getvalue())
        seen = sight(photograph)
    for view in View:
        judge(seen, view=view)
    render(picture(photograph))


def answer(order: dict[str, Any], source: int, target: int) -> None:
    """Examine what stands in `source`; the order names the view and what is wanted."""
    view = View(order["view"]) if order["view"] else None
    with os.fdopen(source, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    started = perf_counter()
    try:
        header, copies = _examined(data, view, want=Want(order["want"]))
    except Refused as refusal:
        report = refuse(refusal.code, refusal.message, view=view)
        header, copies = {"report": report.to_json()}, []
        header["milliseconds"] = _milliseconds(started, perf_counter(), perf_counter())
    header["copies"] = [_described(copy) for copy in copies]
    with os.fdopen(target, "wb") as file:
        file.write(json.dumps(header).encode("ascii") + b"\n")
        for copy in copies:
            file.write(copy.data)


def _examined(data: bytes, view: View | None, *, want: Want) -> tuple[Header, list[Copy]]:
    started = perf_counter()
    photograph = open_photograph(data)
    seen = sight(photograph)
    decoded = perf_counter()
    report = judge(seen, view=view)
    header = {
        "report": report.to_json(),
        "format": photograph.format.value,
        "width": seen.width,
        "height": seen.height,
        "facts": photograph.facts,
        "milliseconds": _milliseconds(started, decoded, perf_counter()),
    }
    if want is Want.REPORT:
        return header, []
    if want is Want.THUMBNAIL:
        return header, [thumbnail(seen.colour)]
    return header, _copies(photograph)


def _copies(photograph: Photograph) -> list[Copy]:
    """The renditions; an upright JPEG's full copy is its own coded picture, stripped."""
    drawn = picture(photograph)
    own = None
    if photograph.is_plain_jpeg and camera.orientation(photograph.image) == UPRIGHT_ALREADY:
        own = stripping.strip(photograph.data, keep_profile=drawn.icc is not None)
    return render(drawn, as_it_is=own)


def _milliseconds(started: float, decoded: float, ended: float) -> dict[str, float]:
    spans = {"decode": decoded - started, "measure": ended - decoded, "total": ended - started}
    return {name: round(seconds * 1000, 2) for name, seconds in spans.items()}


def _described(copy: Copy) -> Header:
    return {
        "size": copy.size.value,
        "width": copy.width,
        "height": copy.height,
        "length": len(copy.data),
    }
