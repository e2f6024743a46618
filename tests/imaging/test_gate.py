"""The gate on drawn pictures with known faults."""

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from derm_service.demo.camera import Faults
from derm_service.imaging.codes import View
from derm_service.imaging.gate import limits
from derm_service.imaging.gate.remedies import remedy
from derm_service.imaging.gate.report import OF_THE_PICTURE, IssueCode, QualityReport, Verdict
from tests.imaging.scenes import Pixels, codes, judged, taken


def saved(pixels: Pixels, quality: int) -> Pixels:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return np.asarray(Image.open(out))


@pytest.mark.parametrize("view", View)
def test_a_good_picture_is_accepted(view: View) -> None:
    report = judged(taken(view)[0], view)

    assert report.verdict is Verdict.ACCEPT
    assert report.issues == ()


@pytest.mark.parametrize("monk", [1, 3, 8])
def test_fine_relief_that_runs_one_way_is_no_movement(monk: int) -> None:
    pixels = taken(View.CLOSE_UP, monk=monk, size=(2000, 1500))[0]

    assert IssueCode.MOTION_BLUR not in codes(judged(pixels, View.CLOSE_UP))


@pytest.mark.parametrize("view", View)
def test_every_code_has_a_score(view: View) -> None:
    scores = judged(taken(view)[0], view).scores

    assert set(scores) == set(OF_THE_PICTURE)
    assert all(0 <= score <= 1 for score in scores.values())


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (Faults(defocus_px=6), IssueCode.BLUR),
        (Faults(motion_px=24), IssueCode.MOTION_BLUR),
        (Faults(stops=2.5), IssueCode.OVEREXPOSED),
        (Faults(stops=-4), IssueCode.UNDEREXPOSED),
        (Faults(glare=1), IssueCode.GLARE),
    ],
)
def test_a_spoilt_picture_is_to_be_retaken_and_the_fault_named(
    faults: Faults, code: IssueCode
) -> None:
    report = judged(taken(View.DERMOSCOPIC, faults)[0])

    assert report.verdict is Verdict.RETAKE
    assert code in codes(report)


@pytest.mark.parametrize("view", View)
def test_score_of_blur_grows_with_the_blur(view: View) -> None:
    pictures = [taken(view, Faults(defocus_px=size))[0] for size in (0, 2, 4, 6)]

    scores = [judged(pixels, view).scores[IssueCode.BLUR] for pixels in pictures]

    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("size", [10, 18])
def test_a_picture_far_out_of_focus_is_to_be_retaken(view: View, size: float) -> None:
    report = judged(taken(view, Faults(defocus_px=size))[0], view)

    assert report.verdict is Verdict.RETAKE
    assert IssueCode.BLUR in codes(report)


def test_a_movement_far_beyond_severe_is_to_be_retaken() -> None:
    report = judged(taken(View.DERMOSCOPIC, Faults(motion_px=60))[0])

    assert report.verdict is Verdict.RETAKE


def test_white_within_the_skin_is_glare_and_white_that_reaches_the_edge_is_not() -> None:
    skin, _ = taken(View.CLOSE_UP)
    within, behind = skin.copy(), skin.copy()
    within[300:400, 300:420] = 245
    behind[:100, :] = 245

    measures = [judged(each, View.CLOSE_UP).measures for each in (skin, within, behind)]

    enclosed = [each["enclosed_white"].value for each in measures]
    assert enclosed[1] > enclosed[0] == enclosed[2]


def test_glitter_is_no_reflection_and_a_broad_white_place_of_the_same_size_is() -> None:
    skin, _ = taken(View.CLOSE_UP)
    glitter, broad = skin.copy(), skin.copy()
    for row in range(300, 400, 20):
        for column in range(300, 400, 20):
            glitter[row : row + 10, column : column + 10] = 245
    broad[300:350, 300:350] = 245

    shares = [
        judged(each, View.CLOSE_UP).measures["enclosed_white"].value
        for each in (skin, glitter, broad)
    ]

    assert shares[0] == shares[1] < shares[2]


def test_a_round_field_is_known_from_other_dark_corners() -> None:
    down, across = np.mgrid[-384:384, -512:512]
    skin, _ = taken(View.CLOSE_UP, size=(1024, 768))
    field = np.where((np.hypot(across, down) < 450)[..., None], skin, 5).astype(np.uint8)
    cloth = np.where((across + down < 300)[..., None], skin, 5).astype(np.uint8)

    round_fields = [
        judged(each, View.CLOSE_UP).measures["round_field"].value for each in (field, cloth, skin)
    ]

    assert round_fields[0] > 0.9
    assert max(round_fields[1:]) < 0.5


@pytest.mark.parametrize("monk", [1, 7])
def test_hair_over_the_skin_is_named_in_light_and_dark_skin(monk: int) -> None:
    bare, _ = taken(View.CLOSE_UP, monk=monk)
    picture = Image.fromarray(bare)
    pen, height, width = ImageDraw.Draw(picture), bare.shape[0], bare.shape[1]
    for across in range(width // 4, 3 * width // 4, width // 90):
        pen.line((across, height // 4, across + width // 9, 3 * height // 4), (24, 18, 15), 3)

    named = [codes(judged(each, View.CLOSE_UP)) for each in (bare, np.asarray(picture))]

    assert IssueCode.HAIR not in named[0]
    assert IssueCode.HAIR in named[1]


def test_hair_is_shown_where_it_is() -> None:
    picture = Image.fromarray(taken(View.CLOSE_UP)[0])
    pen, (width, height) = ImageDraw.Draw(picture), picture.size
    for across in range(width // 2, 3 * width // 4, width // 90):
        pen.line((across, height // 4, across + width // 9, 3 * height // 4), (24, 18, 15), 3)

    report = judged(np.asarray(picture), View.CLOSE_UP)

    hair = next(issue for issue in report.issues if issue.code is IssueCode.HAIR)
    largest = hair.regions[0]
    assert (largest.x, largest.x + largest.width) == pytest.approx((0.52, 0.85), abs=0.1)
    assert (largest.y, largest.y + largest.height) == pytest.approx((0.25, 0.75), abs=0.1)


def test_grain_is_named() -> None:
    pixels, _ = taken()
    grain = np.random.default_rng(2).normal(0, 25, pixels.shape)

    report = judged((pixels + grain).clip(0, 255).astype(np.uint8))

    assert report.verdict is Verdict.RETAKE
    assert IssueCode.NOISE in codes(report)


@pytest.mark.parametrize("quality", [4, 5, 7, 9])
def test_strong_compression_is_named(quality: int) -> None:
    report = judged(saved(taken()[0], quality))

    assert report.verdict is Verdict.RETAKE
    assert IssueCode.COMPRESSION in codes(report)


def test_light_of_the_wrong_colour_is_named() -> None:
    gains = np.array([0.75, 1.35, 0.75])

    report = judged((taken()[0] * gains).clip(0, 255).astype(np.uint8))

    assert report.verdict is Verdict.RETAKE
    assert IssueCode.COLOUR_CAST in codes(report)


def test_light_from_one_side_is_named_and_the_lesion_is_not_taken_for_shade() -> None:
    even, _ = taken()
    shade = np.linspace(1, 0.4, even.shape[1])[None, :, None]

    plain, shaded = judged(even), judged((even * shade).astype(np.uint8))

    assert plain.measures["red_fall"].value < plain.measures["light_fall"].value / 2
    assert shaded.verdict is Verdict.RETAKE
    uneven = next(issue for issue in shaded.issues if issue.code is IssueCode.UNEVEN_LIGHT)
    (dark,) = uneven.regions
    assert dark.x > 0.5
    assert dark.x + dark.width > 0.8  # the field ends there


@pytest.mark.parametrize("monk", [1, 5, 9])
def test_light_that_falls_to_a_third_across_smooth_skin_is_advised_about_in_every_tone(
    monk: int,
) -> None:
    even, _ = taken(monk=monk)
    shade = np.linspace(1, 2.8 ** (-1 / 2.2), even.shape[1])[None, :, None]  # encoded

    report = judged((even * shade).astype(np.uint8))

    assert report.verdict is Verdict.ADVISE
    assert codes(report) == [IssueCode.UNEVEN_LIGHT]


def test_what_is_dark_pulls_to_its_side_and_a_faint_lesion_as_a_strong_one() -> None:
    strong, truth = taken()
    skin = np.median(strong.reshape(-1, 3), axis=0)
    faint = (0.3 * strong + 0.7 * skin).astype(np.uint8)
    left, top = (int(at) for at in truth.centre)

    def off(pixels: Pixels, aside: int) -> float:
        around = pixels[top - 250 : top + 250, left + aside - 330 : left + aside + 330]
        return judged(np.ascontiguousarray(around)).measures["dark_off"].value

    assert max(off(strong, 0), off(faint, 0)) < 0.2
    assert min(off(strong, 200), off(faint, 200)) > 0.5


def test_hair_over_the_lesion_is_named() -> None:
    report = judged(taken(hair_per_cm2=12.0)[0])

    assert IssueCode.HAIR in codes(report)


def test_an_enlarged_picture_shows_too_little_however_many_pixels_it_has() -> None:
    small = Image.fromarray(taken()[0]).resize((120, 90), Image.Resampling.BOX)

    report = judged(np.asarray(small.resize((1200, 900), Image.Resampling.BICUBIC)))

    assert report.verdict is Verdict.RETAKE
    assert IssueCode.LOW_RESOLUTION in codes(report)


def test_the_remedy_for_blur_suits_the_view() -> None:
    soft = Faults(defocus_px=6)
    camera = judged(taken(View.CLOSE_UP, soft)[0], View.CLOSE_UP).issues[0].message
    dermoscope = judged(taken(View.DERMOSCOPIC, soft)[0]).issues[0].message

    assert "move back" in camera
    assert "dermatoscope" in dermoscope


def test_nobody_is_told_to_use_daylight_under_a_dermatoscope() -> None:
    assert "daylight" in remedy(IssueCode.COLOUR_CAST, View.CLOSE_UP)
    assert "its own light" in remedy(IssueCode.COLOUR_CAST, View.DERMOSCOPIC)


def test_burnt_out_skin_is_shown_where_it_is() -> None:
    pixels = taken(View.CLOSE_UP)[0].copy()
    pixels[100:500, 300:900] = 255

    report = judged(pixels, View.CLOSE_UP)

    burnt = next(issue for issue in report.issues if issue.code is IssueCode.OVEREXPOSED)
    region = burnt.regions[0]
    assert (region.x, region.y) == pytest.approx((0.25, 0.111), abs=0.02)
    assert (region.width, region.height) == pytest.approx((0.5, 0.444), abs=0.02)


def test_white_paper_behind_a_limb_is_not_overexposure() -> None:
    pixels = taken(View.OVERVIEW)[0].copy()
    pixels[:, :300] = 255

    assert IssueCode.OVEREXPOSED not in codes(judged(pixels, View.OVERVIEW))


def test_a_limb_burnt_out_to_white_is_not_taken_for_paper_behind_it() -> None:
    pixels = taken(View.OVERVIEW)[0].copy()
    pixels[:, 350:700] = 255

    report = judged(pixels, View.OVERVIEW)

    assert report.verdict is Verdict.RETAKE
    assert IssueCode.OVEREXPOSED in codes(report)


def test_a_black_frame_is_underexposed() -> None:
    report = judged(np.zeros((768, 1024, 3), np.uint8), View.CLOSE_UP)

    assert report.verdict is Verdict.RETAKE
    assert IssueCode.UNDEREXPOSED in codes(report)


@pytest.mark.parametrize(("size", "is_enough"), [((800, 600), True), ((799, 600), False)])
def test_800_by_600_is_the_smallest_that_will_do(size: tuple[int, int], is_enough: bool) -> None:
    report = judged(taken(View.CLOSE_UP, size=size)[0], View.CLOSE_UP)

    assert (report.verdict is not Verdict.RETAKE) == is_enough
    assert (IssueCode.LOW_RESOLUTION not in codes(report)) == is_enough


@pytest.mark.parametrize("size", [(1, 1), (64, 4000), (100, 90)])
def test_a_tiny_picture_is_too_small_and_nothing_else(size: tuple[int, int]) -> None:
    report = judged(np.full((size[1], size[0], 3), 150, np.uint8), None)

    assert report.verdict is Verdict.RETAKE
    assert codes(report) == [IssueCode.LOW_RESOLUTION]


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_of_nothing_is_judged_without_failing(level: int) -> None:
    report = judged(np.full((600, 800, 3), level, np.uint8), None)

    assert report.verdict is Verdict.RETAKE


def test_a_report_survives_the_way_through_json() -> None:
    report = judged(taken(View.CLOSE_UP, Faults(defocus_px=6))[0], View.CLOSE_UP)

    assert QualityReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert len(report.focus_map) <= 48
    assert len(report.focus_map[0]) <= 64
    assert all(measure.unit for measure in report.measures.values())


def test_the_same_picture_is_judged_the_same() -> None:
    pixels, _ = taken(View.CLOSE_UP, Faults(defocus_px=2))

    assert judged(pixels, View.CLOSE_UP) == judged(pixels.copy(), View.CLOSE_UP)


def test_every_limit_says_where_it_comes_from() -> None:
    stored = limits.everything()

    for families in stored["limits"].values():
        assert all(limit["evidence"] for limit in families.values())
    assert stored["view"]["evidence"]
    assert all(constant["evidence"] for constant in stored["constants"].values())


def test_a_score_is_a_half_at_the_limit_and_grows_with_what_is_measured() -> None:
    limit = limits.Limit(-1.0, (limits.Weight("grain", 2.0, 0.5, 1.0),), retake=0.8)

    scores = [limit.score({"grain": grain}) for grain in (0.0, 2.5, 3.5)]

    assert scores == sorted(scores)
    assert scores[1] == 0.5
    assert not limit.asks_retake(0.5)
    assert limit.asks_retake(scores[2])
