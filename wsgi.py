"""The web application for gunicorn: `gunicorn wsgi:app`; settings come from the environment."""

from derm_service.app import create_app

app = create_app()
