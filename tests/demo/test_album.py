"""The photographs people try the capture page with are judged as their names say."""

from pathlib import Path

import pytest
from flask import Flask

from derm_service.demo import album
from derm_service.imaging.codes import View
from derm_service.imaging.decode import open_photograph, sight
from derm_service.imaging.gate import judge as gate
from derm_service.imaging.gate.report import Verdict


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("close-up", Verdict.ACCEPT), ("close-up-blurred", Verdict.RETAKE)],
)
def test_photograph_of_the_album_is_judged_as_its_name_says(
    app: Flask, tmp_path: Path, name: str, verdict: Verdict
) -> None:
    wanted = tmp_path / f"lesion-1-{name}.jpg"
    others = [each for each in album.files(tmp_path) if each != wanted]
    for each in others:
        each.write_bytes(b"mine")

    done = app.test_cli_runner().invoke(args=["demo", "photographs", str(tmp_path)])

    assert done.exit_code == 0, done.output
    assert str(wanted) in done.output
    assert all(each.read_bytes() == b"mine" for each in others)
    report = gate.judge(sight(open_photograph(wanted.read_bytes())), view=View.CLOSE_UP)
    assert report.verdict is verdict
