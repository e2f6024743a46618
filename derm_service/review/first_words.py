"""The words an opinion starts from, for the patient and for the GP; the reader edits them.

The patient's words are for a reading age of about nine to eleven: short sentences, no Latin,
what happens next and by when, and whom to ring if it does not.
"""

from derm_service.review.codes import Outcome

SAFETY_NET = (
    "Skin can change. Please look at this place once a month. Go to your GP surgery if it grows, "
    "changes its shape or colour, bleeds, itches, hurts, or does not heal. Do this even though "
    "you have this letter."
)

_FOR_PATIENT: dict[Outcome, tuple[str, ...]] = {
    Outcome.REASSURE: (
        "We have good news. The skin doctor thinks that the mark is harmless. It does not need "
        "treatment, and you do not need to see us again about this mark.",
        SAFETY_NET,
    ),
    Outcome.PRIMARY_CARE: (
        "The skin doctor does not think that the mark is cancer. Your GP surgery can treat it. "
        "We have sent them a plan.",
        "Please ring your GP surgery and ask for an appointment. Tell them that the skin clinic "
        "has written to them.",
        SAFETY_NET,
    ),
    Outcome.ROUTINE_F2F: (
        "The skin doctor would like to see you in person, to look at the mark. Photographs do "
        "not show everything. It is not urgent.",
        "The hospital will write to you with a date. If you have heard nothing after 6 weeks, "
        "please ring us.",
        SAFETY_NET,
    ),
    Outcome.URGENT_F2F: (
        "The skin doctor would like to see you in person soon, to look at the mark. Photographs "
        "do not show everything.",
        "The hospital will ring you or write to you with a date. Please do all you can to come. "
        "If you have heard nothing after 7 days, please ring us.",
    ),
    Outcome.USC_F2F: (
        "The skin doctor would like to see you in person as soon as possible. They want to look "
        "closely at the mark and check whether it is skin cancer. We do not know yet what it is. "
        "Many marks that we check turn out to be harmless.",
        "The hospital will ring you or write to you with a date in the next few days. Please do "
        "all you can to come. You can bring somebody with you.",
        "If you have heard nothing after 3 days, please ring us. We know that this can be a "
        "worry. Please ring us too if you want to talk about it.",
    ),
    Outcome.DIRECT_SURGERY: (
        "The skin doctor thinks that the mark, or a small piece of it, should be taken off and "
        "tested. This is the best way to find out what it is. It could be skin cancer, and we "
        "want to be sure.",
        "It is a small operation. First we make the skin numb with an injection. You stay awake, "
        "and most people go home the same day.",
        "The hospital will ring you or write to you with a date in the next few days. Tell them "
        "if you take tablets that thin the blood, if you have a pacemaker, or if you have an "
        "allergy. Do not stop any tablets unless we tell you to.",
        "If you have heard nothing after 7 days, please ring us.",
    ),
    Outcome.OTHER_SPECIALTY: (
        "The skin doctor thinks that another team at the hospital is the right one for you. We "
        "are asking them to see you.",
        "They will write to you with a date. If you have heard nothing after 2 weeks, please "
        "ring us.",
        SAFETY_NET,
    ),
    Outcome.MONITOR: (
        "The skin doctor would like to look at new photographs of the mark in 12 weeks. Then we "
        "can see whether it has changed.",
        "We will write to you with a date. If you have heard nothing after 10 weeks, please ring "
        "us.",
        SAFETY_NET,
    ),
    Outcome.SECOND_OPINION: (),
}

_FOR_GP: dict[Outcome, tuple[str, ...]] = {
    Outcome.REASSURE: (
        "The images show no features suspicious of skin cancer. No treatment is needed.",
        "We do not need to see this lesion again. The patient has safety-net advice. Please refer "
        "again if it changes.",
    ),
    Outcome.PRIMARY_CARE: (
        "The images show no features suspicious of skin cancer. Suitable for treatment in "
        "primary care.",
        "Plan:",
        "Please refer again if it does not respond or if it changes.",
    ),
    Outcome.ROUTINE_F2F: (
        "A routine face-to-face appointment is needed. We will arrange it.",
        "Please contact us if the lesion changes before then.",
    ),
    Outcome.URGENT_F2F: ("An urgent face-to-face appointment is needed. We will arrange it.",),
    Outcome.USC_F2F: (
        "Skin cancer cannot be ruled out on these images. The patient will be seen face to face "
        "on the urgent suspected cancer pathway. The 28-day clock runs on until then.",
    ),
    Outcome.DIRECT_SURGERY: (
        "Biopsy or excision is advised, without a clinic appointment first. We will arrange it. "
        "The 28-day clock runs on until the patient has been given the result.",
        "Please tell us of anticoagulants, implanted devices and allergies not named in the "
        "referral.",
    ),
    Outcome.OTHER_SPECIALTY: ("We advise referral to:",),
    Outcome.MONITOR: (
        "Repeat images in 12 weeks to look for change. We will arrange them.",
        "Please contact us if the lesion changes before then.",
    ),
    Outcome.SECOND_OPINION: ("A colleague's opinion has been asked for.",),
}


def for_patient(outcome: Outcome) -> str:
    """What the patient's letter says about this outcome; a blank line parts paragraphs."""
    return "\n\n".join(_FOR_PATIENT[outcome])


def for_gp(outcome: Outcome) -> str:
    """What the GP's letter says about this outcome; a blank line parts paragraphs."""
    return "\n\n".join(_FOR_GP[outcome])


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text as typed into a text area: parted by blank lines."""
    blocks = text.replace("\r\n", "\n").split("\n\n")
    return [" ".join(block.split()) for block in blocks if block.strip()]
