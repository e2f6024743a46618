"""Gives the application its command groups."""

from flask import Flask

from derm_service.cli import audit, demo, imaging, jobs, journey, keys, people, postcodes, service

GROUPS = (
    audit.group,
    imaging.group,
    keys.group,
    people.group,
    postcodes.group,
    demo.group,
    jobs.group,
    service.group,
)


def install(app: Flask) -> None:
    """Add every group."""
    for group in GROUPS:
        app.cli.add_command(group)
    app.cli.add_command(journey.command)
