"""GOV.UK Notify as the carrier: templates that hold nothing but our own text.

Statuses and errors: https://docs.notifications.service.gov.uk/python.html
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from derm_service.config import Settings
from derm_service.messages.carriers import (
    Carrier,
    Closed,
    Parcel,
    Progress,
    Receipt,
    Refused,
    Unsure,
)
from derm_service.referrals.codes import Channel

TIMEOUT_SECONDS = 10
CLOSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
FAILURES = {
    "permanent-failure": "The number or address does not exist.",
    "temporary-failure": "It could not be delivered for three days: phone off, or mailbox full.",
    "technical-failure": "GOV.UK Notify had a technical failure.",
    "validation-failed": "GOV.UK Notify refused it.",
}


class Notify:
    """GOV.UK Notify, through its own client; not for several threads at once."""

    def __init__(self, settings: Settings) -> None:
        """Read key, address and templates; nothing is asked yet."""
        make: Any = NotificationsAPIClient  # it has no types
        self._client = make(
            settings.notify_key.get_secret_value(),
            base_url=settings.notify_url,
            timeout=TIMEOUT_SECONDS,
        )
        self._sms, self._email = settings.notify_sms_template, settings.notify_email_template

    def send(self, parcel: Parcel) -> str:
        """Hand a message over; Notify's id of it."""
        words = {"body": parcel.body}
        if parcel.channel is Channel.SMS:
            answer = _ask(
                lambda: self._client.send_sms_notification(
                    parcel.to, self._sms, words, reference=parcel.reference
                )
            )
        else:
            answer = _ask(
                lambda: self._client.send_email_notification(
                    parcel.to,
                    self._email,
                    words | {"subject": parcel.subject},
                    reference=parcel.reference,
                )
            )
        return str(answer["id"])

    def find(self, reference: str) -> str | None:
        """Notify's id of the message with our reference, if it ever took it."""
        found = _ask(lambda: self._client.get_all_notifications(reference=reference))
        return next((str(each["id"]) for each in found["notifications"]), None)

    def receipt(self, carrier_id: str) -> Receipt:
        """How far a message is."""
        status = _ask(lambda: self._client.get_notification_by_id(carrier_id))["status"]
        if status in FAILURES:
            return Receipt(Progress.FAILED, FAILURES[status])
        return Receipt(Progress.DELIVERED if status == "delivered" else Progress.ON_ITS_WAY)


def of_settings(settings: Settings) -> Carrier | None:
    """The carrier the settings name; None where there is no key."""
    return Notify(settings) if settings.notify_key.get_secret_value() else None


def _ask(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except APIError as error:
        status = error.status_code
        if status in CLOSED:
            raise Closed(f"GOV.UK Notify takes nothing from us just now ({status}).") from error
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Refused(f"GOV.UK Notify refused it: {_words(error)}") from error
        raise Unsure(f"GOV.UK Notify did not answer ({status}).") from error


def _words(error: APIError) -> str:
    said = error.message
    if isinstance(said, list):
        return "; ".join(str(each.get("message", "")) for each in said)
    return str(said)
