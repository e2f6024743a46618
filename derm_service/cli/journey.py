"""`flask journey IMAGE…`: real image files through the whole journey against a running service."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from derm_service.demo.people import SIGN_INS
from derm_service.journey.browser import Who
from derm_service.journey.pages import Stuck
from derm_service.journey.steps import Journey, Step
from derm_service.journey.trip import Trip


@click.command("journey")
@click.argument(
    "images",
    nargs=-1,
    required=True,
    metavar="IMAGE…",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--address",
    default="http://127.0.0.1:8000",
    show_default=True,
    help="Where the service runs; it must hold the demonstration data.",
)
def command(images: tuple[Path, ...], address: str) -> None:
    """Take IMAGE files through the whole journey, as each role, over the pages people use.

    Three images make one lesion: overview, close-up, dermoscopic. Needs a running service
    (`make run`) with the demonstration's people.
    """
    people = {each.role.value: Who(each.role.value, each.email, each.password) for each in SIGN_INS}
    total = sum(image.stat().st_size for image in images)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeElapsedColumn(),
    )
    console = Console()
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("Images", total=total)

        def told(step: Step) -> None:
            progress.console.print(f"{step.seconds:6.1f} s  {step.who:<14} {step.did}")

        def sent(safe: int) -> None:
            progress.update(bar, completed=_sent_before(trip) + safe)

        trip = Trip(images, sent)
        try:
            Journey(address, people, trip, told).run()
        except Stuck as stuck:
            raise click.ClickException(str(stuck)) from stuck
    click.echo(f"Told and closed: {address}/referrals/{trip.referral}")


def _sent_before(trip: Trip) -> int:
    """The bytes of the images that are on the record already."""
    return sum(image.stat().st_size for image in trip.images[: len(trip.captures)])
