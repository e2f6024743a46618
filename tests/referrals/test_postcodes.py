"""Postcodes: read from an ONS file, loaded over what was there."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from derm_service.errors import Invalid
from derm_service.referrals import postcodes
from derm_service.referrals.postcodes import Place, Postcode

ONSPD = """\ufeffpcd,pcds,doterm,ctry,lat,long,imd
"DE1 1AA","DE1 1AA",,E92000001,52.9225,-1.4746,3285
"CF101AA","CF10 1AA",,W92000004,51.48,-3.18,5
"GY1 1AA","GY1 1AA",,L93000001,99.999999,0,0
"nonsense","not one",,E92000001,52,-1,4
"""


def test_file_is_read_by_its_headings() -> None:
    rows = list(postcodes.read(ONSPD.splitlines()))

    assert rows == [
        Place("DE1 1AA", 52.9225, -1.4746, 2),
        Place("CF10 1AA", 51.48, -3.18, None),  # a Welsh rank is no English decile
        None,  # without a grid reference
        None,
    ]


@pytest.mark.parametrize(("rank", "decile"), [("1", 1), ("3284", 1), ("3285", 2), ("32844", 10)])
def test_rank_becomes_its_tenth(rank: str, decile: int) -> None:
    lines = ["pcds,lat,long,imd20ind", f"AN1 1AA,53,-1,{rank}"]

    assert list(postcodes.read(lines)) == [Place("AN1 1AA", 53, -1, decile)]


@pytest.mark.parametrize("text", ["", "name,age\nA,3\n", "\x00"])
def test_file_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        list(postcodes.read(text.splitlines()))

    assert "ONS postcode file" in refused.value.fields["file"]


def test_loading_again_brings_up_to_date(session: Session) -> None:
    postcodes.load(session, [Place("AN1 1AA", 53, -1, 4), Place("AN1 1AB", 53, -1, None)], by=None)

    done = postcodes.load(session, [Place("AN1 1AA", 54, -2, 5), None], by=None)

    assert (done.kept, done.left_out) == (1, 1)
    session.expire_all()
    found = postcodes.find(session, "AN1 1AA")
    assert found is not None
    assert (found.latitude, found.imd_decile) == (54, 5)
    assert session.scalar(sa.select(sa.func.count()).select_from(Postcode)) == 2


def test_command_loads_a_file_and_says_how_many(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    file = tmp_path / "onspd.csv"
    file.write_text(ONSPD)

    said = app.test_cli_runner().invoke(args=["postcodes", "load", str(file)])

    assert said.exit_code == 0, said.output
    assert "2 postcodes loaded, 2 rows without coordinates left out." in said.output
    assert postcodes.find(session, "DE1 1AA") is not None


def test_command_refuses_another_file_in_a_sentence(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "picture.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0\n\xff")

    said = app.test_cli_runner().invoke(args=["postcodes", "load", str(file)])

    assert said.exit_code == 1
    assert "does not look like an ONS postcode file" in said.output
