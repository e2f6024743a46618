"""Runs the migrations on the address given by the caller or by DERM_DATABASE_URL."""

from importlib import import_module

import sqlalchemy as sa
from alembic import context

from derm_service.config import Settings
from derm_service.db import Base, sqlalchemy_url

PACKAGES = ("accounts", "api", "referrals", "messages", "booking", "imaging", "review", "custody")
MODELS = (*(f"{package}.models" for package in PACKAGES), "booking.offer_models")
for name in ("people", "audit", *MODELS):
    import_module(f"derm_service.{name}")


def ours(_object: object, name: str | None, *_rest: object) -> bool:
    """Leave Procrastinate's tables to Procrastinate."""
    return not (name or "").startswith(("procrastinate_", "idx_procrastinate_"))


def run() -> None:
    """Upgrade or downgrade in one transaction."""
    url = context.config.attributes.get("url") or Settings().database_url
    if not url:
        raise SystemExit("Set DERM_DATABASE_URL to the database that should be migrated.")
    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, include_object=ours)
        with context.begin_transaction():
            context.run_migrations()


run()
