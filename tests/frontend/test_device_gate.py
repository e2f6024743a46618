"""The gate on the device beside the service's, on drawn photographs with known faults."""

import io

import numpy as np
import pytest
from PIL import Image

from derm_service.demo.camera import Faults
from derm_service.imaging.capture_words import ON_DEVICE
from derm_service.imaging.codes import View
from derm_service.imaging.decode import open_photograph, sight
from derm_service.imaging.gate import judge as gate
from derm_service.imaging.gate import limits
from derm_service.imaging.gate.report import IssueCode, Verdict
from tests.fixtures.browser import NewPage
from tests.frontend.device import Device
from tests.imaging.scenes import Pixels, taken

pytestmark = pytest.mark.browser

FAULTS = {
    "good": Faults(),
    "out of focus": Faults(defocus_px=12),
    "moved": Faults(motion_px=40),
    "burnt out": Faults(stops=3.5),
    "black": Faults(stops=-6),
    "reflecting": Faults(glare=1),
    "small": Faults(shrink_to=500),
}
NEAR = 0.2  # how far a score of the device may be from the service's, where it is steep


@pytest.fixture
def device(new_page: NewPage) -> Device:
    return Device(new_page())


def saved(pixels: Pixels, orientation: int = 1) -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("view", View)
def test_device_and_service_agree_on_every_fault_and_tone(device: Device, view: View) -> None:
    cases = {name: saved(taken(view, faults)[0]) for name, faults in FAULTS.items()}
    cases |= {f"tone {monk}": saved(taken(view, monk=monk)[0]) for monk in (1, 10)}
    cases["nothing"] = saved(np.zeros((768, 1024, 3), np.uint8))
    for name, data in cases.items():
        report = device.judge(data, view)["report"]

        service = gate.judge(sight(open_photograph(data)), view=view)
        kept = "retake" if service.verdict is Verdict.RETAKE else "keep"
        assert (name, report["verdict"]) == (name, kept)
        apart = {
            code.value: (report["scores"][code.value], service.scores[code])
            for code in ON_DEVICE
            if abs(report["scores"][code.value] - service.scores[code]) > NEAR
        }
        assert (name, apart) == (name, {})


def test_device_judges_every_code_by_measures_it_has(device: Device) -> None:
    report = device.judge(saved(taken(View.OVERVIEW)[0]), View.OVERVIEW)["report"]

    wanted = {
        weight.measure
        for view in View
        for code, limit in limits.of_view(view).items()
        if code in ON_DEVICE
        for weight in limit.weights
    }
    assert set(report["scores"]) == {code.value for code in ON_DEVICE}
    assert wanted - set(report["figures"]) == set()
    assert report["version"] == limits.version()


def test_device_sees_a_turned_photograph_upright(device: Device) -> None:
    data = saved(taken(View.DERMOSCOPIC, Faults(defocus_px=6))[0], orientation=6)

    report = device.judge(data, View.DERMOSCOPIC)["report"]

    service = gate.judge(sight(open_photograph(data)), view=View.DERMOSCOPIC)
    assert report["scores"]["blur"] == pytest.approx(service.scores[IssueCode.BLUR], abs=NEAR)
    assert report["verdict"] == "retake"
    assert report["figures"]["dark_off"] == pytest.approx(
        service.measures["dark_off"].value, abs=NEAR
    )


def test_page_stays_alive_while_its_worker_measures(device: Device) -> None:
    large = Image.fromarray(taken(View.CLOSE_UP)[0]).resize((4800, 3600), Image.Resampling.BICUBIC)

    found = device.judge(saved(np.asarray(large)), View.CLOSE_UP)

    assert found["report"]["verdict"] in ("keep", "retake")
    assert found["ticks"] >= 5


def test_file_the_browser_cannot_open_is_left_to_the_service(device: Device) -> None:
    assert device.judge(b"words", View.CLOSE_UP)["report"] is None
    assert device.judge(saved(taken(View.CLOSE_UP)[0]), View.CLOSE_UP)["report"] is not None
