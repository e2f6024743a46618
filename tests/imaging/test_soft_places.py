"""Where a picture is soft, drawn and said."""

import pytest

from derm_service.imaging.soft_places import SoftPlaces, soft_places

SHARP, SOFT, NOTHING = 0.5, 0.05, 0.0


def of(rows: list[str], code: str = "blur") -> SoftPlaces:
    """A map of `#` for sharp, `~` for soft and a space for nothing to be seen."""
    levels = {"#": SHARP, "~": SOFT, " ": NOTHING}
    drawn = [[levels[each] for each in row] for row in rows]
    return soft_places(drawn, [code], 20 * len(rows[0]), 20 * len(rows))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (["~~####", "~~####", *["######"] * 4], "The upper left is out of focus: it is hatched."),
        (
            ["~~####", "~~####", "~~####", "~~####", "~~####", "~~####"],
            "The upper left, the left and the lower left are out of focus: they are hatched.",
        ),
        (
            ["~~~~  ", "~~~~##", "      "],
            "Nearly everything that shows detail is out of focus: it is hatched.",
        ),
        (
            ["~#~#~#", "~#~#~#", "~#~#~#"],
            "Parts all over the picture are out of focus: they are hatched.",
        ),
    ],
)
def test_the_soft_part_is_said_in_words(rows: list[str], sentence: str) -> None:
    assert of(rows).sentence == sentence


def test_the_soft_part_is_hatched_and_nothing_else() -> None:
    found = of(["####", "##~~", "##~~"])

    assert found.path == "M40 40l20 -20M60 40l20 -20M40 60l20 -20M60 60l20 -20"


def test_a_hand_that_moved_is_not_called_out_of_focus() -> None:
    assert "blurred by movement" in of(["~~~~"], "motion_blur").sentence


@pytest.mark.parametrize(
    ("rows", "code"), [(["~~~#"], "blur"), (["    "], "blur"), (["~~~~~~"], "glare")]
)
def test_nothing_is_hatched_without_enough_that_is_soft(rows: list[str], code: str) -> None:
    assert of(rows, code) == SoftPlaces()


def test_a_report_without_a_map_is_hatched_nowhere() -> None:
    assert soft_places((), ["blur"], 100, 100) == SoftPlaces()
