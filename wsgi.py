"""The application for gunicorn and for the `flask` command."""

from pydantic import ValidationError

from derm_service.app import create_app
from derm_service.cli.parts import settings_here

try:
    app = create_app(settings_here())
except ValidationError as error:
    wrong = "; ".join(
        f"{'DERM_' + str(each['loc'][0]).upper() if each['loc'] else 'settings'}: {each['msg']}"
        for each in error.errors()
    )
    raise SystemExit(f"A setting cannot be used ({wrong}): correct it and start again.") from None
