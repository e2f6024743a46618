"""`flask imaging check` as a person or a program starts it: a process without any settings."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from derm_service.imaging.gate.report import IssueCode
from tests.imaging import files

HOUSE = Path(__file__).parents[2]
KEYS = [
    "file",
    "verdict",
    "view",
    "issues",
    "scores",
    "measures",
    "focus_map",
    "colour_card",
    "width",
    "height",
    "sha256",
    "algorithm_version",
    "limits_version",
    "milliseconds",
]


def command(*arguments: str | bytes | Path) -> list[str | bytes | Path]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", "imaging", *arguments]


def run(*arguments: str | bytes | Path, house: Path = HOUSE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=house,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=300,
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "arm.jpg"
    path.write_bytes(files.encoded(files.skin()))
    return path


def test_a_good_file_is_one_line_of_json_with_the_named_keys(good: Path) -> None:
    done = run("check", "--json", "--view", "close_up", good)

    (line,) = lines(done)
    assert done.returncode == 0
    assert list(line) == KEYS
    assert line["file"] == str(good)
    assert (line["verdict"], line["view"]) == ("accept", "close_up")
    assert (line["width"], line["height"]) == (1000, 750)
    assert len(line["focus_map"]) > 1  # type: ignore[arg-type]
    assert line["sha256"] == hashlib.sha256(good.read_bytes()).hexdigest()
    assert set(line["milliseconds"]) == {"decode", "measure", "total"}  # type: ignore[call-overload]


def test_every_odd_thing_in_a_folder_gets_its_line_in_order(good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    inner = folder / "d inner"
    inner.mkdir(parents=True)
    (folder / "empty folder").mkdir()
    photograph = good.read_bytes()
    names: list[bytes] = [b"a\nb.jpg", b"b \xff\xfe.jpg", "c 🙂.jpg".encode(), b"--json"]
    for name in names:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(photograph)
    (inner / "deep.jpg").write_bytes(photograph)
    (inner / "back").symlink_to(folder)
    (folder / "e broken link").symlink_to(folder / "nowhere")
    (folder / "f loop").symlink_to(folder / "f loop")
    (folder / "g link").symlink_to(good)
    os.mkfifo(folder / "h pipe")
    (folder / "i empty").write_bytes(b"")
    (folder / "j words.txt").write_text("These are words.")
    (folder / "k cut.jpg").write_bytes(files.truncated())

    done = run("check", "--json", folder)

    found = [(os.fsencode(str(line["file"])), line["verdict"]) for line in lines(done)]
    start = os.fsencode(folder) + b"/"
    assert done.returncode == 1
    assert found == [
        (start + b"--json", "accept"),
        (start + b"a\nb.jpg", "accept"),
        (start + b"b \xff\xfe.jpg", "accept"),
        (start + "c 🙂.jpg".encode(), "accept"),
        (start + b"d inner/deep.jpg", "accept"),
        (start + b"e broken link", "reject"),
        (start + b"f loop", "reject"),
        (start + b"g link", "accept"),
        (start + b"h pipe", "reject"),
        (start + b"i empty", "reject"),
        (start + b"j words.txt", "reject"),
        (start + b"k cut.jpg", "reject"),
    ]
    assert all(list(line) == KEYS for line in lines(done))
    assert all(list(line["scores"]) == list(IssueCode) for line in lines(done))  # type: ignore[call-overload]


def test_files_named_stay_in_the_order_they_were_named(good: Path, tmp_path: Path) -> None:
    large, small = tmp_path / "z.jpg", tmp_path / "a.jpg"
    large.write_bytes(files.encoded(files.skin(3000, 2000)))
    small.write_bytes(files.encoded(files.skin(200, 150)))

    done = run("check", "--json", large, small, good, small)

    assert [line["file"] for line in lines(done)] == [str(e) for e in (large, small, good, small)]
    assert done.returncode == 1


def test_without_json_there_is_a_table_that_says_what_to_do(good: Path, tmp_path: Path) -> None:
    small = tmp_path / "small\x1b[31m.jpg"
    small.write_bytes(files.encoded(files.skin(200, 150)))

    done = run("check", good, small)

    assert done.returncode == 1
    assert "accept" in done.stdout
    assert "pixels" in done.stdout
    assert "\x1b[31m" not in done.stdout
    assert done.stdout.splitlines()[-1] == "1 accept, 0 advise, 1 retake, 0 reject"


def test_an_empty_folder_is_said_and_is_no_failure(tmp_path: Path) -> None:
    done = run("check", "--json", tmp_path)

    assert (done.returncode, done.stdout) == (0, "")
    assert "no file" in done.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("/no/such/file.jpg",), ("--view", "sideways", "."), ("--jason", ".")]
)
def test_a_wrong_command_ends_with_2_and_a_sentence(arguments: tuple[str, ...]) -> None:
    done = run("check", *arguments)

    assert done.returncode == 2
    assert "Error" in done.stderr


def test_a_machine_that_cannot_check_ends_with_3_and_says_nothing_of_the_photograph(
    good: Path, tmp_path: Path
) -> None:
    package = Path("derm_service")
    (tmp_path / package / "imaging").mkdir(parents=True)
    for folder, left_out in ((package, "imaging"), (package / "imaging", "nursery.py")):
        for each in (HOUSE / folder).iterdir():
            if each.name not in (left_out, "__pycache__"):
                (tmp_path / folder / each.name).symlink_to(each)
    (tmp_path / "wsgi.py").symlink_to(HOUSE / "wsgi.py")

    done = run("check", "--json", good, house=tmp_path)

    assert (done.returncode, done.stdout) == (3, "")
    assert "Photographs cannot be checked just now" in done.stderr


def test_ctrl_c_stops_at_once_and_leaves_no_process_behind(tmp_path: Path) -> None:
    photograph = files.encoded(files.skin())
    for number in range(300):
        (tmp_path / f"{number}.jpg").write_bytes(photograph)
    process = subprocess.Popen(
        command("check", "--json", tmp_path),
        cwd=HOUSE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()

    process.send_signal(signal.SIGINT)

    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"Stopped" in said
    assert b"Traceback" not in said


def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path, good: Path) -> None:
    with subprocess.Popen(
        command("check", "--json", *[good] * 40),
        cwd=HOUSE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()

        process.stdout.close()

        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 1
