"""`flask imaging agreement`: the quality gate's verdicts against the readers'."""

import sys
from datetime import date, datetime, timedelta

import click
from flask.cli import with_appcontext
from rich.console import Console
from rich.table import Table

from derm_service import clock, wording
from derm_service.cli.database import open_session
from derm_service.imaging import capture_words, retake_words
from derm_service.imaging.gate.report import Verdict
from derm_service.review import agreement
from derm_service.review.agreement import Row

DAYS = 90
SAID = {
    Verdict.ACCEPT: "accepted",
    Verdict.ADVISE: "accepted with advice",
    Verdict.RETAKE: "sent back, kept with a reason",
}
A_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("agreement")
@click.option("--from", "first", type=A_DAY, help=f"First day; otherwise {DAYS} days ago.")
@click.option("--to", "last", type=A_DAY, help="Last day; otherwise today.")
@with_appcontext
def compare_with_readers(first: datetime | None, last: datetime | None) -> None:
    """Count which photographs the gate accepted that readers asked for again, and why.

    And which it sent back that were kept and found adequate. Goes by the day a photograph was put
    on the record, and names nobody. Needs the database.
    """
    until = last.date() if last else clock.today()
    since = first.date() if first else until - timedelta(days=DAYS)
    if since > until:
        raise click.UsageError("The first day is after the last.")
    with open_session() as session:
        found = agreement.rows(session, first=since, last=until)
    _print(found, since, until)


def _print(found: list[Row], since: date, until: date) -> None:
    click.echo(f"Put on the record from {wording.day(since)} to {wording.day(until)}.")
    if not found:
        click.echo("There is no photograph.")
        return
    table = Table(
        "View", "The gate", "Photographs", "Not read yet", "Adequate", "Asked for again", "Because"
    )
    for row in found:
        because = (
            f"{retake_words.REASONS[reason]}: {count}"
            for reason, count in row.inadequate.most_common()
        )
        counts = (row.photographs, row.unread, row.adequate, row.inadequate.total())
        table.add_row(
            capture_words.VIEW_TITLES[row.view],
            SAID[row.said],
            *(str(count) for count in counts),
            "\n".join(because),
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    accepted, _, missed = agreement.total(found, Verdict.ACCEPT, Verdict.ADVISE)
    kept, adequate, _ = agreement.total(found, Verdict.RETAKE)
    click.echo(
        f"Of {wording.count(accepted, 'photograph')} the gate accepted, readers asked for {missed} "
        f"again. Of {kept} it sent back and somebody kept, readers found {adequate} adequate."
    )
