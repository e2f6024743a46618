"""The rules of the house that no reviewer should have to remember."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service.db import Base, make_engine
from derm_service.embedded.postgres import Postgres, programs
from derm_service.pages import NAVIGATION
from derm_service.people import MAY, Action, Role
from tests import make
from tests.fixtures.database import copied_database, migrate
from tests.surf import csrf_token, sign_in_as

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "derm_service").rglob("*.py"))
EDGES = ("routes.py", "_routes.py", "_api.py", "tasks.py", "commands.py")
NO_ID = "018f0000-0000-7000-8000-000000000000"


def _is_edge(path: Path) -> bool:
    """Only routes, jobs and commands commit; so do the app's own request hooks."""
    return path.name.endswith(EDGES) or path.parent.name in ("cli", "demo") or path.name in EDGES


def test_no_module_is_longer_than_300_lines() -> None:
    long = {str(path.relative_to(ROOT)): _length(path) for path in MODULES if _length(path) > 300}

    assert not long


def _length(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_every_module_says_in_a_sentence_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert not silent


def test_only_the_edge_commits() -> None:
    inside = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if ".commit()" in path.read_text() and not _is_edge(path)
    }

    # The session's own book-keeping happens before and after the route.
    assert inside == {"derm_service/accounts/loading.py"}


def test_only_the_clock_tells_the_time() -> None:
    tellers = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if re.search(r"datetime\.now\(|date\.today\(|datetime\.utcnow\(", path.read_text())
        and path.name != "clock.py"
    ]

    assert not tellers


FENCED = {
    "boto3": ("imaging/store.py",),
    "cv2": ("imaging/gate/",),
    "flask": (
        "app.py",
        "cli/",
        "web.py",
        "pages.py",
        "health.py",
        "routes.py",
        "loading.py",
        "_api.py",
    ),
}


@pytest.mark.parametrize("library", FENCED)
def test_library_is_used_only_in_its_place(library: str) -> None:
    pattern = re.compile(rf"^\s*(?:import|from) {library}\b", re.MULTILINE)
    users = [
        str(path.relative_to(ROOT / "derm_service"))
        for path in MODULES
        if pattern.search(path.read_text())
    ]

    strangers = [name for name in users if not any(place in name for place in FENCED[library])]
    assert users
    assert not strangers


def test_every_route_declares_who_may_use_it(app: Flask) -> None:
    undeclared = [
        str(rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not hasattr(app.view_functions[rule.endpoint], "allowed")
    ]

    assert not undeclared


def test_public_routes_are_only_these(app: Flask) -> None:
    public = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if getattr(view, "allowed", True) is None
    }

    signed = {"feeds.ics", "offer_link.answer", "replies.received"}  # each by a secret of its own
    assert public == {"accounts.sign_in", "health.healthz"} | signed


@pytest.mark.parametrize("role", Role)
def test_every_route_refuses_every_role_that_may_not_use_it(
    app: Flask, client: FlaskClient, session: Session, role: Role
) -> None:
    person = make.user(session, role, intimate_images=True)
    sign_in_as(client, session, person)
    token = csrf_token(client)
    wrong = {}

    for rule in app.url_map.iter_rules():
        action = getattr(app.view_functions[rule.endpoint], "allowed", None)
        if action is None or rule.endpoint in ("static", "accounts.sign_out"):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(_address(str(rule)), method=method, headers={"X-CSRFToken": token})
            refused = answer.status_code == 403
            if refused != (role not in MAY[action]) and not (
                role in MAY[action] and answer.status_code in (403, 404)
            ):
                wrong[f"{method} {rule}"] = answer.status_code

    assert not wrong


def test_every_route_sends_strangers_to_the_sign_in_page(app: Flask, client: FlaskClient) -> None:
    open_doors = {}
    token = csrf_token(client)
    for rule in app.url_map.iter_rules():
        if getattr(app.view_functions[rule.endpoint], "allowed", None) is None:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(_address(str(rule)), method=method, headers={"X-CSRFToken": token})
            if answer.status_code not in (303, 401):
                open_doors[f"{method} {rule}"] = answer.status_code

    assert not open_doors


def test_every_action_is_somebodys_and_used_by_something() -> None:
    sources = "".join(path.read_text() for path in MODULES)
    templates = "".join(
        path.read_text() for path in (ROOT / "derm_service/templates").rglob("*.html")
    )
    unused = [
        action
        for action in Action
        if f"Action.{action.name}" not in sources.replace(f"Action.{action.name}:", "") + templates
    ]

    assert set(MAY) == set(Action)
    assert not unused


def test_no_address_carries_anything_but_ids(app: Flask) -> None:
    parts = {
        part
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for part in re.findall(r"<([^>]+)>", str(rule))
    }

    # The token is the secret address of a calendar feed; it is logged as its template only.
    assert {part for part in parts if not part.startswith("uuid:")} <= {"size", "token"}


def _address(rule: str) -> str:
    return re.sub(r"<[^>]+>", lambda part: NO_ID if "uuid" in part.group() else "1024", rule)


def test_migrations_make_the_same_tables_as_the_models(
    postgres: Postgres, empty_database_url: str
) -> None:
    with copied_database(postgres, template="template0") as by_models:
        engine = make_engine(by_models)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE EXTENSION btree_gist"))
            Base.metadata.create_all(connection)
        engine.dispose()
        migrate(empty_database_url)

        assert _tables(empty_database_url) == _tables(by_models)


def _tables(url: str) -> dict[str, set[str]]:
    """Every statement of the schema dump about our own tables, by its first line."""
    dump = subprocess.run(
        [programs() / "bin" / "pg_dump", "--schema-only", "--no-owner", "--no-privileges", url],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    statements = [
        re.sub(r"^--.*\n", "", part, flags=re.MULTILINE).strip() for part in dump.split(";\n")
    ]
    ours = [
        part
        for part in statements
        if part.startswith(("CREATE TABLE", "CREATE INDEX", "CREATE UNIQUE INDEX", "ALTER TABLE"))
        and "procrastinate" not in part
        and "alembic_version" not in part
    ]
    return {
        part.splitlines()[0]: {line.strip().rstrip(",") for line in part.splitlines()}
        for part in ours
    }


def test_migrations_go_down_to_nothing_and_up_again(empty_database_url: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = empty_database_url
    migrate(empty_database_url)

    command.downgrade(config, "base")
    migrate(empty_database_url)

    engine = make_engine(empty_database_url)
    assert "patient" in sa.inspect(engine).get_table_names()
    engine.dispose()


def test_every_link_leads_to_a_route_that_exists(app: Flask) -> None:
    templates = (ROOT / "derm_service/templates").rglob("*.html")
    named = {
        (str(path.relative_to(ROOT)), endpoint)
        for path in [*MODULES, *templates]
        for endpoint in re.findall(r"url_for\(\s*[\"']([a-z_]+\.[a-z_]+)[\"']", path.read_text())
    }
    menu = {("pages.py", each.endpoint) for each in NAVIGATION}

    lost = {(where, name) for where, name in named | menu if name not in app.view_functions}
    assert named
    assert not lost
