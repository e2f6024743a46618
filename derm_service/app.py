"""Wires the web application and returns it; no I/O, so every command works without a database."""

from importlib import import_module

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from derm_service import logs, pages, web
from derm_service.accounts import loading
from derm_service.cli import install as commands
from derm_service.config import Settings
from derm_service.db import make_engine, make_sessions
from derm_service.referrals import body_sites, clocks, health, languages
from derm_service.referrals.codes import ETHNIC_CATEGORIES
from derm_service.referrals.rules import state_words

BLUEPRINTS = (
    "accounts.routes",
    "accounts.people_routes",
    "api.routes",
    "referrals.routes",
    "referrals.search_routes",
    "referrals.correction_routes",
    "referrals.contact_routes",
    "messages.routes",
    "messages.letter_routes",
    "messages.outbox_routes",
    "booking.routes",
    "booking.calendar_routes",
    "booking.clinics_routes",
    "booking.feed_routes",
    "booking.utilisation_routes",
    "booking.rehoming_routes",
    "booking.places_routes",
    "booking.endings_routes",
    "booking.phone_routes",
    "booking.offer_routes",
    "booking.offer_link_routes",
    "booking.offer_figures_routes",
    "booking.replies_routes",
    "booking.slots_api",
    "booking.appointments_api",
    "imaging.capture_routes",
    "imaging.visit_routes",
    "imaging.day_sheet_routes",
    "imaging.visit_step_routes",
    "imaging.visit_lesion_routes",
    "imaging.capture_api",
    "imaging.manifest_api",
    "imaging.day_api",
    "imaging.image_routes",
    "imaging.upload_routes",
    "review.routes",
    "review.opinion_routes",
    "review.telling_routes",
    "review.record_routes",
    "review.withdrawal_routes",
    "custody.routes",
    "health",
)


def create_app(settings: Settings | None = None) -> Flask:
    """The application; the database is first touched by the first request that needs it."""
    settings = settings or Settings()
    logs.configure()
    app = Flask("derm_service")
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value() or None,
        SESSION_COOKIE_NAME="__Host-derm" if settings.secure_cookies else "derm",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session
        WTF_CSRF_CHECK_DEFAULT=False,  # checked in accounts.loading: bearer tokens need none
        MAX_FORM_MEMORY_SIZE=2_000_000,
        MAX_CONTENT_LENGTH=8_000_000,
    )
    app.extensions["derm.settings"] = settings
    if settings.database_url:
        app.extensions["derm.sessions"] = make_sessions(make_engine(settings.database_url))
    pages.install(app)  # first: it sets the options of the template environment
    CSRFProtect(app)
    web.install(app)
    loading.install(app)
    app.jinja_env.globals.update(
        clock_of=clocks.clock_of,
        health_facts=health.facts,
        health_beside=health.beside_the_person,
        state_words=state_words,
        site_label=body_sites.label,
        language_name=languages.name,
        ethnic_category=ETHNIC_CATEGORIES.get,
    )
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"derm_service.{name}").bp)
    commands.install(app)
    return app
