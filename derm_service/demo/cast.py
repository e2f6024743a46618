"""Sixty made-up people: names of many cultures, ages as in such clinics, needs and languages.

Every NHS number is of the 999 range, which is never given to anybody; the post towns, practices
and numbers do not exist (01632 and 07700 900 are kept for drama).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from nhs_number.validate import calculate_checksum

from derm_service.referrals.codes import Channel, Mobility, Need
from derm_service.referrals.inputs import PatientInput

# Given name, family name, sex, age, ethnic category, language, Monk tone.
_PEOPLE = """
Adaeze Okafor f 66 N en 9
Margaret Whitcombe f 84 A en 2
Harold Entwistle m 91 A en 1
Muhammad Iqbal m 58 J ur 5
Agnieszka Kowalczyk f 47 C pl 2
Doreen Ashby f 79 A en 2
Siân Prosser f 72 A en 1
Gurpreet Dhillon m 63 H pa 6
Winifred Osborne f 88 A en 2
Cornelius Baptiste m 76 M en 8
Nasreen Chowdhury f 69 K bn 6
Ronald Hethersett m 82 A en 3
Anh Nguyễn f 55 L vi 4
Patrick O'Dwyer m 69 B en 1
Ifeoma Nwachukwu f 34 N en 10
Edith Lumley f 93 A en 2
Zofia Wójcik f 71 C pl 3
Kamala Patel f 77 H gu 6
Desmond Clarke m 81 M en 9
Beryl Thackeray f 86 A en 2
Hamza Abdi m 42 N so 9
Iolanda Marinescu f 61 C ro 4
Cyril Padgett m 89 A en 1
Mei-Ling Chan f 68 R yue 4
Terence Worsley m 73 A en 3
Fatima El-Amin f 52 S ar 6
Norah Fitzgerald f 80 B en 1
Joyce Blenkinsop f 78 A en 2
Abraham Goldfarb m 85 A en 3
Lakshmi Venkataraman f 64 H ta 7
Alistair McKinnon m 67 A en 1
Eunice Boateng f 70 N en 10
Stanley Crowther m 87 A en 3
Rukhsana Malik f 49 J ur 5
Constance Pell f 90 A en 2
Dimitar Petrov m 38 C bg 3
Hilda Ravenscroft f 83 A en 1
Leroy Campbell m 72 M en 8
Joan Micklethwaite f 72 A en 2
Tariq Rahman m 71 K bn 6
Sheila Donnelly f 72 B en 2
Wilfred Oakes m 94 A en 2
Amara Sesay f 29 N en 9
Gwendoline Hartley f 81 A en 1
Bohdan Shevchenko m 65 C uk 3
Olive Penhaligon f 85 A en 2
Kwame Mensah m 60 N en 10
Rosalind Farrow f 68 A en 3
Jun Takahashi m 57 L ja 4
Maureen Gilhooly f 79 B en 1
Arthur Braithwaite m 88 A en 2
Yasmin Karimi f 45 S prs 5
Elsie Dunmore f 92 A en 2
Clifford Nettles m 77 A en 3
Blessing Adewale f 51 N en 10
Frank Appleyard m 72 A en 2
Ines Carvalho f 63 C pt 4
Vera Stanhope f 84 A en 2
Oscar Lindqvist m 15 C en 2
Phyllis Umpleby f 82 A en 1
"""
_SEX = {"f": "female", "m": "male"}
_STREETS = (
    *("Mill Lane", "Chapel Row", "Orchard Close", "Station Road", "Weir Street", "Kiln Hill"),
    *("Lark Rise", "Tanners Yard", "Beacon View", "Ferry Bank", "Quarry Road", "Moss Terrace"),
)
_TOWNS = (
    *(("Anytown", "AN1"), ("Netherby", "AN2"), ("Great Sallow", "AN3")),
    *(("Coldmoor", "AN4"), ("Eastwick", "AN5")),
)
_SURGERIES = (
    ("Dr S Patel", "Z99001", "Mill Surgery", "1 Mill Lane", "Anytown", "AN1 2AA"),
    ("Dr J Holroyd", "Z99002", "Weir Street Practice", "22 Weir Street", "Netherby", "AN2 1BB"),
    ("Dr A Mbeki", "Z99003", "The Sallows Medical Centre", "Chapel Row", "Great Sallow", "AN3 4CD"),
    ("Dr E Roberts", "Z99004", "Coldmoor Health Centre", "Quarry Road", "Coldmoor", "AN4 3EF"),
)


@dataclass(frozen=True)
class Person:
    """One made-up patient, and what the renderer and the story have to know of them."""

    patient: PatientInput
    age: int
    monk: int
    surgery: tuple[str, ...]


def people(today: date) -> list[Person]:
    """Everybody, in an order that mixes ages and cultures; the same on every machine."""
    chance = Random(999)  # noqa: S311 (made-up people, the same every time)
    return [
        _person(line.split(), index, today, chance)
        for index, line in enumerate(_PEOPLE.strip().splitlines())
    ]


def test_number(index: int) -> str:
    """The first valid NHS number of the 999 range from a place that belongs to this index."""
    for offset in range(20):
        digits = f"999{index * 7919 % 900_000 + 50_000 + offset:06d}"
        check = calculate_checksum(digits)
        if check is not None and check != 10:
            return f"{digits}{check}"
    raise ValueError("no valid number near this place")


_NOTES = (
    "Hears better on the left side",
    "Memory is poor: say each step again",
    "Brings a walking frame and a folding stool",
    "Cannot lie flat for long",
)


def _person(words: list[str], index: int, today: date, chance: Random) -> Person:
    given, family, sex, age, ethnic, language, monk = words
    years = int(age)
    town, outcode = chance.choice(_TOWNS)
    surgery = chance.choice(_SURGERIES)
    interpreted = language != "en" and years > 45
    by = _contact(years, chance)
    mobility = _mobility(years, chance)
    needs = _needs(years, mobility, chance)
    patient = PatientInput(
        family_name=family,
        given_name=given,
        born_on=_birthday(today, years, chance),
        nhs_number=test_number(index),
        sex=_SEX[sex],
        address_lines=[f"{chance.randint(1, 98)} {chance.choice(_STREETS)}", town],
        postcode=f"{outcode} {chance.randint(1, 9)}{''.join(chance.choices('ABDEF', k=2))}",
        phone=f"01632 960{index + 100:03d}",
        mobile=f"07700 900{index + 200:03d}" if years < 85 else "",
        contact_by=by,
        contact_note="Ring the daughter first: 01632 960 099" if index % 17 == 1 else "",
        language=language,
        interpreter_needed=interpreted,
        needs=needs,
        needs_note=chance.choice(_NOTES) if years > 70 and chance.random() < 0.2 else "",
        ethnic_category=ethnic,
        mobility=mobility,
        care_home=years > 87 and index % 2 == 0,
        has_device=years < 80,
        has_data=years < 75,
        digital_confidence=max(1, min(5, (100 - years) // 13)),
        short_notice=(True, None, False)[index % 3],
        has_digital_helper=years > 75 and index % 3 == 0,
        gp_name=surgery[0],
        gp_practice_code=surgery[1],
        gp_address_lines=list(surgery[2:]),
    )
    return Person(patient, years, int(monk), surgery)


def _birthday(today: date, years: int, chance: Random) -> date:
    """A birthday such that the person has this age today."""
    return today.replace(day=min(today.day, 28), year=today.year - years) - timedelta(
        days=chance.randint(3, 355)
    )


def _contact(years: int, chance: Random) -> Channel:
    if years >= 75:
        return chance.choice((Channel.LETTER, Channel.PHONE, Channel.LETTER))
    return chance.choice((Channel.SMS, Channel.PHONE, Channel.LETTER, Channel.EMAIL))


def _mobility(years: int, chance: Random) -> Mobility:
    if years < 70:
        return Mobility.INDEPENDENT
    kinds = (Mobility.INDEPENDENT, Mobility.NEEDS_HELP, Mobility.WHEELCHAIR, Mobility.HOIST)
    return chance.choices(kinds, weights=(60, 27, 11, 2))[0]


def _needs(years: int, mobility: Mobility, chance: Random) -> list[Need]:
    needs = []
    if mobility in (Mobility.WHEELCHAIR, Mobility.HOIST):
        needs.append(Need.STEP_FREE)
    if mobility is Mobility.HOIST:
        needs.append(Need.HOIST)
    if years > 70 and chance.random() < 0.25:
        needs.append(chance.choice((Need.HEARING_LOOP, Need.LARGE_PRINT, Need.TRANSPORT)))
    if years < 60 and chance.random() < 0.12:
        needs.append(Need.BSL)
    if years > 85 and chance.random() < 0.4:
        needs.append(Need.LONGER_APPOINTMENT)
    return needs
