"""Where postcodes are: a table loaded from an ONS postcode file."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import asin, ceil, cos, radians, sin, sqrt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from derm_service import audit
from derm_service.db import Base
from derm_service.errors import Invalid
from derm_service.people import User
from derm_service.referrals import tidy

ENGLISH_AREAS = 32_844  # lower super output areas ranked by the English indices of 2019
EARTH_KM = 12_742.0  # from one side to the other
NO_PLACE = 99.0  # ONS writes latitude 99.999999 where a postcode has no grid reference
NOT_ONS = (
    "This does not look like an ONS postcode file: its first line must name the columns "
    "pcds, lat and long."
)


class Postcode(Base):
    """One postcode of the loaded file, written as patients' are ("AN1 2BC")."""

    __tablename__ = "postcode"
    __table_args__ = (sa.CheckConstraint("imd_decile BETWEEN 1 AND 10", name="imd_decile_1_to_10"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    latitude: Mapped[float]
    longitude: Mapped[float]
    imd_decile: Mapped[int | None] = mapped_column(sa.SmallInteger)
    """1 is the most deprived tenth of England; nothing outside England."""


@dataclass(frozen=True)
class Place:
    """One row of the file as it is kept."""

    code: str
    latitude: float
    longitude: float
    imd_decile: int | None


@dataclass
class Loaded:
    """What a load came to; `id` is what the audit row is about."""

    id: str = "postcodes"
    kept: int = 0
    left_out: int = 0


def read(lines: Iterable[str]) -> Iterator[Place | None]:
    """The rows of an ONSPD or NSPL file, by their headings; None for one that cannot be placed.

    Columns: pcds, lat, long; and, where they are there, the first one that begins with "imd"
    (a rank among England's areas) and the first that begins with "ctry".
    """
    rows = csv.reader(lines)
    names = [name.strip().lower().lstrip("\ufeff") for name in next(rows, [])]
    if not {"pcds", "lat", "long"} <= set(names):
        raise Invalid({"file": NOT_ONS})
    columns = [names.index("pcds"), names.index("lat"), names.index("long")]
    columns += [
        next((n for n, name in enumerate(names) if name.startswith(start)), len(names))
        for start in ("imd", "ctry")
    ]
    for row in rows:
        yield _place(*(row[n] if n < len(row) else "" for n in columns))


def load(session: Session, places: Iterable[Place | None], *, by: User | None) -> Loaded:
    """Put a file's places into the table, over what was there; one transaction, by COPY."""
    done = Loaded()
    connection = session.connection().connection.driver_connection
    if connection is None:
        raise RuntimeError("the session has no connection")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE postcode_new (LIKE postcode) ON COMMIT DROP",
        )
        with cursor.copy("COPY postcode_new FROM STDIN") as copy:
            for place in places:
                if place is None:
                    done.left_out += 1
                    continue
                copy.write_row((place.code, place.latitude, place.longitude, place.imd_decile))
        cursor.execute(
            "INSERT INTO postcode SELECT DISTINCT ON (code) * FROM postcode_new "
            "ON CONFLICT (code) DO UPDATE SET latitude = excluded.latitude, "
            "longitude = excluded.longitude, imd_decile = excluded.imd_decile"
        )
        done.kept = cursor.rowcount
        cursor.execute("DROP TABLE postcode_new")
    audit.record(
        session,
        by=by,
        did="loaded postcodes",
        subject=done,
        detail={"kept": done.kept, "left_out": done.left_out},
    )
    return done


def find(session: Session, code: str) -> Postcode | None:
    """Where a postcode is; None when it is not in the loaded file."""
    return session.get(Postcode, code) if code else None


def km(one: Postcode, other: Postcode) -> float:
    """The distance as the crow flies in kilometres, as `booking/first_fit.sql` counts it."""
    north = sin(radians(other.latitude - one.latitude) / 2) ** 2
    east = sin(radians(other.longitude - one.longitude) / 2) ** 2
    across = cos(radians(one.latitude)) * cos(radians(other.latitude)) * east
    return EARTH_KM * asin(sqrt(north + across))


def _place(code: str, latitude: str, longitude: str, rank: str, country: str) -> Place | None:
    try:
        kept, north, east = tidy.postcode(code), float(latitude), float(longitude)
    except ValueError:
        return None
    if not kept or not -NO_PLACE < north < NO_PLACE:
        return None
    return Place(kept, north, east, _decile(rank, country))


def _decile(rank: str, country: str) -> int | None:
    if not rank.isdecimal() or (country and not country.startswith("E")):
        return None
    place = int(rank)
    return ceil(place * 10 / ENGLISH_AREAS) if 1 <= place <= ENGLISH_AREAS else None
