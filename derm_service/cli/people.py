"""`flask people`: add a person, make and revoke API tokens."""

import click
import sqlalchemy as sa
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from derm_service.accounts import people as actions
from derm_service.accounts.sign_in import make_token, revoke_tokens
from derm_service.cli.database import open_session
from derm_service.errors import Problem
from derm_service.people import Role, User

group = AppGroup("people", help="People who can sign in.")


@group.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([each.value for each in Role]),
)
@click.option("--intimate-images", is_flag=True, help="They may see intimate images.")
def add(email: str, name: str, roles: tuple[str, ...], intimate_images: bool) -> None:
    """Add a person with EMAIL and print their first password. Needs the database."""
    password = actions.new_password()
    with open_session() as session:
        try:
            actions.add(
                session,
                email=email,
                name=name,
                roles=list(roles),
                password=password,
                intimate_images=intimate_images,
                by=None,
            )
        except Problem as problem:
            sentences = getattr(problem, "fields", {}).values() or [problem.message]
            raise click.ClickException(" ".join(sentences)) from problem
        session.commit()
    click.echo(f"Password for {email}: {password}")


@group.command("token")
@click.argument("email")
@click.option("--label", default="command line", help="What the token is for.")
def token(email: str, label: str) -> None:
    """Print a new bearer token for the person with EMAIL. Needs the database."""
    with open_session() as session:
        made = make_token(session, user=_person(session, email), label=label, by=None)
        session.commit()
    click.echo(made)


@group.command("revoke-tokens")
@click.argument("email")
def revoke(email: str) -> None:
    """Revoke every bearer token of the person with EMAIL. Needs the database."""
    with open_session() as session:
        revoked = revoke_tokens(session, user=_person(session, email), by=None)
        session.commit()
    click.echo(f"Tokens of {email} revoked: {revoked}")


def _person(session: Session, email: str) -> User:
    user = session.scalar(sa.select(User).where(sa.func.lower(User.email) == email.lower()))
    if user is None:
        raise click.ClickException(f"Nobody has the email address {email}.")
    return user
