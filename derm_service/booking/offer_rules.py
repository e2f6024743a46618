"""How, and until when, a freed time may be offered to somebody: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from derm_service.booking.codes import DeclineReason, OfferState
from derm_service.booking.rules import moment
from derm_service.clock import london
from derm_service.config import Settings
from derm_service.messages import channels
from derm_service.messages.channels import Way
from derm_service.messages.codes import Addressee
from derm_service.messages.rules import is_bank_holiday, next_working_day
from derm_service.referrals import proxy
from derm_service.referrals.codes import Channel
from derm_service.referrals.models import Patient

MOST_OFFERS, WITHIN = 3, timedelta(days=14)
"""Nobody is asked more often than that."""
SHORT_NOTICE = timedelta(hours=72)
"""Nearer than that only people are asked who said that they would come at short notice."""
SHORTEST = timedelta(hours=1)  # to think about it; with less nobody is asked
ANSWER_HOURS: Mapping[Channel, int] = MappingProxyType({Channel.SMS: 4, Channel.EMAIL: 12})
DAY_BEGINS, DAY_ENDS = time(8), time(20)  # when a message may reach somebody
CALLS_BEGIN, CALLS_END = time(9), time(17)
NOON = 12
ARRANGE = "Something has to be arranged with them."
_SATURDAY = 5

STATE_WORDS: dict[OfferState, str] = {
    OfferState.OPEN: "Waiting for an answer",
    OfferState.ACCEPTED: "Accepted",
    OfferState.DECLINED: "Declined",
    OfferState.EXPIRED: "No answer",
    OfferState.ENDED: "Overtaken",
}
DECLINE_WORDS: dict[DeclineReason, str] = {
    DeclineReason.TOO_SOON: "It is too soon",
    DeclineReason.BUSY: "The day or time does not suit",
    DeclineReason.TOO_FAR: "It is too far away",
    DeclineReason.NO_TRANSPORT: "There is no way to get there",
    DeclineReason.KEEPS_OWN: "Prefers the appointment they have",
    DeclineReason.NO_MORE: "Wants no more offers of earlier times",
    DeclineReason.NOT_SAID: "No reason given",
}
OWN_WORDS: dict[DeclineReason, str] = {
    DeclineReason.NOT_SAID: "I would rather not say",
    DeclineReason.TOO_SOON: "It is too soon",
    DeclineReason.BUSY: "The day or time does not suit me",
    DeclineReason.TOO_FAR: "It is too far away",
    DeclineReason.NO_TRANSPORT: "I have no way to get there",
    DeclineReason.KEEPS_OWN: "I prefer the appointment I have",
    DeclineReason.NO_MORE: "Please do not offer me earlier times again",
}
"""As the person says it themselves."""


@dataclass(frozen=True)
class Notice:
    """So many hours before it begins a time is no longer offered nor given on an offer."""

    hours: Mapping[Channel, int] = field(
        default_factory=lambda: {Channel.PHONE: 24, Channel.SMS: 24, Channel.EMAIL: 48}
    )

    @property
    def least(self) -> timedelta:
        """The shortest notice any channel is given."""
        return timedelta(hours=min(self.hours.values()))


def notice_of(settings: Settings) -> Notice:
    """What the settings say of how near an offer may come to its time."""
    return Notice(
        {
            Channel.PHONE: settings.offer_hours_phone,
            Channel.SMS: settings.offer_hours_sms,
            Channel.EMAIL: settings.offer_hours_email,
        }
    )


def way_of(patient: Patient, today: date, *, ring: bool) -> Way | None:
    """How somebody is asked: as they wish to hear, else by telephone; a letter comes too late.

    `ring` is true where something has to be talked over. None: they cannot be asked.
    """
    way = channels.way(patient, today=today, letter_in_time=False)
    if way.channel is Channel.PHONE or ring:
        heard_by = proxy.of(patient, today) if way.addressee is Addressee.PROXY else patient
        why = way.why if way.channel is Channel.PHONE else ARRANGE
        has_number = heard_by and (heard_by.phone or heard_by.mobile)
        return Way(Channel.PHONE, way.addressee, why=why) if has_number else None
    return way


def answer_until(
    channel: Channel, now: datetime, starts_at: datetime, notice: Notice
) -> datetime | None:
    """Until when somebody asked now may answer; None: too little time is left to ask them."""
    if channel not in notice.hours:
        return None
    asked = _reached_at(channel, now)
    if channel is Channel.PHONE:
        until = _end_of_calls(asked)
    else:
        until = asked + timedelta(hours=ANSWER_HOURS[channel])
    until = min(until, starts_at - timedelta(hours=notice.hours[channel]))
    return until if until - asked >= SHORTEST else None


def _reached_at(channel: Channel, now: datetime) -> datetime:
    """The first moment from now on at which a message or a call may reach somebody."""
    here = london(now)
    is_call = channel is Channel.PHONE
    begins, ends = (CALLS_BEGIN, CALLS_END) if is_call else (DAY_BEGINS, DAY_ENDS)
    day = here.date()
    closed = is_call and (day.weekday() >= _SATURDAY or is_bank_holiday(day))
    if closed or here.time() >= ends:
        day = next_working_day(day) if is_call else day + timedelta(days=1)
        return moment(day, begins)
    return max(now, moment(day, begins))


def _end_of_calls(asked: datetime) -> datetime:
    """The end of that working day for who is put on the list before noon, else of the next."""
    here = london(asked)
    day = here.date() if here.hour < NOON else next_working_day(here.date())
    return moment(day, CALLS_END)
