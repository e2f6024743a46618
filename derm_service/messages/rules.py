"""Which moves a message knows and when work is due; pure."""

from datetime import date, timedelta
from functools import cache

from govuk_bank_holidays.bank_holidays import BankHolidays

from derm_service.errors import Conflict
from derm_service.messages.codes import MessageKind, MessageState, WorkKind
from derm_service.referrals.codes import Channel, WithdrawnReason

_S = MessageState
ALLOWED: dict[MessageState, frozenset[MessageState]] = {
    _S.LOCKED: frozenset({_S.READY, _S.STOPPED}),
    _S.READY: frozenset(
        {_S.LOCKED, _S.PRINTED, _S.SENDING, _S.SENT, _S.DELIVERED, _S.FAILED, _S.STOPPED}
    ),
    _S.PRINTED: frozenset({_S.LOCKED, _S.PRINTED, _S.SENT, _S.STOPPED}),
    _S.SENDING: frozenset({_S.READY, _S.SENT, _S.FAILED}),
    _S.SENT: frozenset({_S.PRINTED, _S.RETURNED, _S.DELIVERED, _S.FAILED}),
    _S.DELIVERED: frozenset(),
    _S.RETURNED: frozenset(),
    _S.FAILED: frozenset({_S.READY, _S.STOPPED}),
    _S.STOPPED: frozenset(),
}
"""Printed may be printed again, or locked because of news signed since; what was posted can come
back, or lie here after all, and can no longer be stopped."""

WORDS: dict[MessageState, str] = {
    _S.LOCKED: "Locked",
    _S.READY: "Ready to print",
    _S.PRINTED: "Printed",
    _S.SENDING: "Going out",
    _S.SENT: "Posted",
    _S.DELIVERED: "Delivered",
    _S.RETURNED: "Returned",
    _S.FAILED: "Failed",
    _S.STOPPED: "Stopped",
}
CARRIED_WORDS = WORDS | {_S.READY: "Waiting to go out", _S.SENT: "Taken by the carrier"}
CALL_WORDS = WORDS | {_S.READY: "To be made", _S.DELIVERED: "Made"}
KIND_WORDS: dict[MessageKind, str] = {
    MessageKind.APPOINTMENT: "Appointment",
    MessageKind.APPOINTMENT_MOVED: "Appointment changed",
    MessageKind.APPOINTMENT_CANCELLED: "Appointment cancelled",
    MessageKind.APPOINTMENT_REMINDER: "Appointment reminder",
    MessageKind.OFFER: "Offer of a time",
    MessageKind.OUTCOME_PATIENT: "Outcome",
    MessageKind.OUTCOME_GP: "Outcome",
}
STOPPABLE = frozenset(state for state, to in ALLOWED.items() if _S.STOPPED in to)

WORK_WORDS: dict[WorkKind, str] = {
    WorkKind.CALL_PATIENT: "Call the patient",
    WorkKind.POST_LETTER: "Post a letter",
    WorkKind.MESSAGE_FAILED: "A message failed",
    WorkKind.PATIENT_REPLIED: "A patient answered by text",
    WorkKind.LETTER_RETURNED: "A letter came back",
    WorkKind.RETAKE_TO_BOOK: "Book new photographs",
    WorkKind.NEEDS_SOMEONE_TODAY: "Needs someone today",
    WorkKind.SAFETY_ALERT: "Safety alert",
    WorkKind.TELL_PATIENT: "Tell the patient",
    WorkKind.IMAGE_TROUBLE: "Trouble with an image",
    WorkKind.AUDIT_BROKEN: "The audit trail does not add up",
    WorkKind.JOB_FAILED: "A job was given up",
    WorkKind.REBOOK: "Book again",
    WorkKind.OFFER_CALL: "Offer an earlier time by telephone",
    WorkKind.ARRANGE_NEXT_STEP: "Arrange what comes next",
    WorkKind.CAPACITY_ALARM: "Too few times before people breach",
}
CALLS = frozenset({WorkKind.CALL_PATIENT, WorkKind.OFFER_CALL})
"""The rows of the Work page that are telephone calls."""
LETTER_WORKING_DAYS = 4
"""A letter with fewer whole working days than this on its way may come too late."""
POST_WORKING_DAYS = 2
_SATURDAY = 5


def go_on(withdrawn_for: WithdrawnReason | None) -> frozenset[MessageKind]:
    """What still goes out about a referral that was withdrawn.

    The GP learns an outcome that was signed, unless it is about somebody else.
    """
    if withdrawn_for is WithdrawnReason.WRONG_PATIENT:
        return frozenset()
    return frozenset({MessageKind.OUTCOME_GP})


def check_move(now: MessageState, to: MessageState) -> None:
    """Refuse a change of state a message does not know."""
    if to not in ALLOWED[now]:
        raise Conflict(
            f"This message is “{WORDS[now].lower()}” and cannot become “{WORDS[to].lower()}”. "
            "Load the page again to see where it stands."
        )


def state_words(state: MessageState, channel: Channel) -> str:
    """How far a message is, in the words of its channel."""
    if channel is Channel.PHONE:
        return CALL_WORDS[state]
    return (WORDS if channel is Channel.LETTER else CARRIED_WORDS)[state]


def letter_arrives(written_on: date, wanted_on: date) -> bool:
    """Whether a letter written one day, and posted the next, surely arrives before another."""
    return _working_days_between(written_on, wanted_on) >= LETTER_WORKING_DAYS


def letter_still_arrives(posted_on: date, wanted_on: date) -> bool:
    """Whether a letter that lies here would come in time with that day's post, first class."""
    return _working_days_between(posted_on, wanted_on) >= POST_WORKING_DAYS


def _working_days_between(first: date, last: date) -> int:
    day, working_days = next_working_day(first), 0
    while day < last:
        working_days += 1
        day = next_working_day(day)
    return working_days


def next_working_day(day: date) -> date:
    """The first day after this one that is neither at the weekend nor a bank holiday."""
    day += timedelta(days=1)
    while day.weekday() >= _SATURDAY or day in _bank_holidays():
        day += timedelta(days=1)
    return day


def is_bank_holiday(day: date) -> bool:
    """Whether England is closed that day."""
    return day in _bank_holidays()


def bank_holiday(day: date) -> str:
    """What England calls its bank holiday of that day; nothing on other days."""
    return _bank_holidays().get(day, "")


@cache
def _bank_holidays() -> dict[date, str]:
    """England's, from the list inside the package: nothing is fetched."""
    listed = BankHolidays(use_cached_holidays=True).get_holidays(BankHolidays.ENGLAND_AND_WALES)
    return {holiday["date"]: holiday["title"] for holiday in listed}
