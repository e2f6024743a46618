"""The fields that say what a clinic offers, on the pages that open and that change one."""

from typing import Any

from wtforms import BooleanField, Form, SelectMultipleField

from derm_service.booking import access
from derm_service.booking.clinics import Offered
from derm_service.booking.codes import View
from derm_service.booking.models import Clinic


class OfferedForm(Form):
    """Which photographs it takes, and its access where that is not the place's."""

    views = SelectMultipleField(
        "Photographs it takes",
        choices={each.value: each.words.capitalize() for each in View},
        default=[each.value for each in View],
        validate_choice=False,
    )
    features_differ = BooleanField("Access at this clinic is not what the place has")
    features = SelectMultipleField(
        "Access at this clinic",
        choices={each.value: words for each, words in access.FEATURE_WORDS.items()},
        validate_choice=False,
    )

    def offered(self) -> Offered:
        """What was chosen; `clinics` checks it."""
        own = (self.features.data or []) if self.features_differ.data else None
        return Offered(views=self.views.data or [], features=own)


def of_clinic(clinic: Clinic) -> dict[str, Any]:
    """What the fields show of a clinic at first."""
    return {
        "views": clinic.views,
        "features_differ": clinic.features is not None,
        "features": clinic.access,
    }
