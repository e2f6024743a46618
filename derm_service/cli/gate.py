"""`flask imaging check` and `compare`: the quality gate over files on a disk, and nothing else."""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from rich.console import Console
from rich.table import Table
from rich.text import Text

from derm_service import wording
from derm_service.cli.progress import counting
from derm_service.errors import Problem
from derm_service.imaging import capture_words, checking, contact_sheet, folders
from derm_service.imaging.checking import Checked
from derm_service.imaging.codes import View
from derm_service.imaging.examined import Want
from derm_service.imaging.gate.report import Verdict

TONES = {
    Verdict.ACCEPT: "green",
    Verdict.ADVISE: "yellow",
    Verdict.RETAKE: "red",
    Verdict.REJECT: "red",
}
INTERRUPTED = 130  # what shells expect of a program that Ctrl-C ended


class CannotLook(click.ClickException):
    """Nothing was judged, so neither 0 nor 1 would be true, and the command was not wrong (2)."""

    exit_code = 3


paths_argument = click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, readable=False, path_type=Path),
    metavar="PATH...",
)
view_option = click.option(
    "--view",
    type=click.Choice([each.value for each in View]),
    help="What the photographs were taken as; left out, the gate goes by what it sees.",
)


@click.command("check")
@view_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
@paths_argument
def check(paths: tuple[Path, ...], view: str | None, *, as_json: bool) -> None:
    """Judge photographs: files, or folders with all that is in them.

    Needs no database, no service and no settings. Ends with status 0 when every file is accepted,
    1 when any has to be taken again or is refused, 2 when the command is wrong, 3 when this
    machine cannot check photographs at all: then nothing is said of those not yet judged.
    """
    with _ending_well():
        found = list(folders.files(list(paths)))
        if not found:
            click.echo("There is no file in what you named.", err=True)
        checked = checking.check(found, view=View(view) if view else None)
        good = _print_lines(checked) if as_json else _print_table(checked, len(found))
    sys.exit(0 if good else 1)


@contextmanager
def _ending_well() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, _stop)
    try:
        yield
    except Problem as problem:
        raise CannotLook(problem.message) from problem
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End here and now: KeyboardInterrupt is lost when it comes while an object is put away.

    A thread may still wait for its child, which ends with us.
    """
    os.write(sys.stderr.fileno(), b"Stopped before the end.\n")
    os._exit(INTERRUPTED)


def _print_lines(checked: Iterator[Checked]) -> bool:
    good = True
    for each in checked:
        click.echo(json.dumps(each.to_json()))
        good = good and each.is_good
    return good


def _print_table(checked: Iterator[Checked], count: int) -> bool:
    table = Table("File", "Verdict", "View", "What to do")
    verdicts: Counter[Verdict] = Counter()
    with counting() as progress:
        task = progress.add_task("Photographs", total=count)
        for each in checked:
            report = each.report
            verdicts[report.verdict] += 1
            table.add_row(
                _shown(str(each.path)),
                Text(report.verdict.value, TONES[report.verdict]),
                report.view,
                "\n".join(issue.message for issue in report.issues),
            )
            progress.advance(task)
    # a file or another program has no width: give the sentences room
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    click.echo(", ".join(f"{verdicts[each]} {each.value}" for each in Verdict))
    return not (verdicts[Verdict.RETAKE] or verdicts[Verdict.REJECT])


def _shown(name: str) -> Text:
    return Text(contact_sheet.printable(name), overflow="fold")


@click.command("compare")
@paths_argument
@view_option
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="The contact sheet to write: one HTML file that needs nothing else.",
)
@with_appcontext
def compare(paths: tuple[Path, ...], view: str | None, out: Path) -> None:
    """Draw a contact sheet of photographs, the worst first, with verdicts and marked regions.

    Needs no database, no service and no settings.
    """
    with _ending_well():
        found = list(folders.files(list(paths)))
        made = []
        with counting() as progress:
            task = progress.add_task("Photographs", total=len(found))
            chosen = View(view) if view else None
            for each in checking.check(found, view=chosen, want=Want.THUMBNAIL):
                made.append(each)
                progress.advance(task)
        template = current_app.jinja_env.get_template("imaging/contact_sheet.html")
        page = template.render(
            sheet=contact_sheet.sheet(made),
            words=capture_words.VERDICT_WORDS,
            quality_only=capture_words.QUALITY_ONLY,
        )
        try:
            out.write_text(page, encoding="utf-8", errors="replace")
        except OSError as error:
            raise click.FileError(str(out), error.strerror) from error
    click.echo(f"{out}: {wording.count(len(made), 'photograph')}.")
