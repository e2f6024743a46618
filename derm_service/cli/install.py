"""Gives the application its command groups."""

from flask import Flask

from derm_service.cli import jobs, people, service

GROUPS = (people.group, jobs.group, service.group)


def install(app: Flask) -> None:
    """Add every group."""
    for group in GROUPS:
        app.cli.add_command(group)
