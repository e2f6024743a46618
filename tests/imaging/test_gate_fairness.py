"""The same scene in light to dark skin is judged the same."""

import pytest

from derm_service.demo.camera import Faults
from derm_service.imaging.codes import View
from tests.imaging.scenes import GOOD, judged, taken

TONES = (1, 4, 7, 10)


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize(
    "faults",
    [GOOD, Faults(defocus_px=7), Faults(motion_px=40)],
    ids=["good", "out of focus", "moved"],
)
def test_tone_of_the_skin_changes_no_verdict(view: View, faults: Faults) -> None:
    verdicts = {monk: judged(taken(view, faults, monk=monk)[0], view).verdict for monk in TONES}

    assert len(set(verdicts.values())) == 1, verdicts
