"""The rows of a real booking, written again by bare psycopg: what the tables alone can do."""

import json
import uuid
from typing import Any, Self

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.orm import Session

from derm_service.booking.codes import AppointmentState
from derm_service.booking.models import Appointment
from derm_service.db import Base, new_id
from derm_service.referrals.models import Referral

TABLES = ("appointment", "allocation", "message", "work_item", "audit_entry")
FACTS = """
SELECT slot.id, tstzrange(slot.starts_at, slot.ends_at, '[)')::text AS during,
       array_agg(allocation.resource_id::text) AS resources
FROM slot JOIN allocation USING (clinic_id) WHERE slot.id = ANY(:slots) GROUP BY slot.id
"""
Work = list[tuple[str, list[Any]]]


class Pattern:
    """What one booking wrote, table by table, as text whose ids can be exchanged."""

    def __init__(self, session: Session, booked: Appointment) -> None:
        referral_id = str(booked.referral_id)
        self.patient_id = str(booked.patient_id)
        self.rows = {table: self._rows(session, table, referral_id) for table in TABLES}
        self.old = {"slot": str(booked.slot_id), "referral": referral_id}
        self.resources = sorted({row["resource_id"] for row in self.rows["allocation"]})
        self.during = self.rows["appointment"][0]["during"]
        self.own = [row["id"] for rows in self.rows.values() for row in rows if "id" in row]

    @classmethod
    def newest(cls, session: Session) -> Self:
        """What the last booking wrote that still stands."""
        newest = sa.select(Appointment).where(Appointment.state == AppointmentState.BOOKED)
        return cls(session, session.scalars(newest.order_by(Appointment.id.desc())).first())

    @property
    def count(self) -> dict[str, int]:
        """How many rows one booking writes to each table."""
        return {table: len(rows) for table, rows in self.rows.items()}

    def _rows(self, session: Session, table: str, referral_id: str) -> list[dict[str, Any]]:
        mine = (
            "appointment_id IN (SELECT id FROM appointment WHERE referral_id = :referral)"
            if table == "allocation"
            else "referral_id = :referral"
        )
        found = session.execute(
            sa.text(f"SELECT to_jsonb(t) FROM {table} t WHERE {mine} ORDER BY id"),
            {"referral": referral_id},
        )
        rows = [dict(row[0]) for row in found]
        for row in rows:
            if table == "audit_entry":
                row.pop("id")  # PostgreSQL numbers them
        return rows

    def works(self, session: Session, slots: list[str], referrals: list[str]) -> list[Work]:
        """The statements of many bookings, each referral in its slot."""
        facts = session.execute(sa.text(FACTS), {"slots": [uuid.UUID(one) for one in slots]})
        about = {str(row.id): row for row in facts}
        patients = session.execute(sa.select(Referral.id, Referral.patient_id))
        patient_of = {str(row.id): str(row.patient_id) for row in patients}
        return [
            self.work(
                slot, about[slot].during, about[slot].resources, referral, patient_of[referral]
            )
            for slot, referral in zip(slots, referrals, strict=True)
        ]

    def work(
        self, slot_id: str, during: str, resources: list[str], referral_id: str, patient_id: str
    ) -> Work:
        """One statement with its values for each table: another person in another slot."""
        changed = {
            **{one: str(new_id()) for one in self.own},
            **dict(zip(self.resources, sorted(resources), strict=True)),
            self.old["slot"]: slot_id,
            self.old["referral"]: referral_id,
            self.patient_id: patient_id,
        }
        text = json.dumps({**self.rows, "": self.during})
        for old, new in changed.items():
            text = text.replace(old, new)
        rows = json.loads(text)
        for table in ("appointment", "allocation"):
            for row in rows[table]:
                row["during"] = during
        return [(_insert(table, rows[table]), _values(rows[table])) for table in TABLES]


def run(connection: psycopg.Connection[Any], work: Work) -> None:
    """One booking: its statements and a commit."""
    for statement, values in work:
        connection.execute(statement, values)
    connection.commit()


def _insert(table: str, rows: list[dict[str, Any]]) -> str:
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in rows[0])
    casts = [_cast(table, name) for name in rows[0]]
    one = "(" + ", ".join(f"%s::{cast}" for cast in casts) + ")"
    head = sql.SQL("INSERT INTO {} ({}) VALUES ").format(sql.Identifier(table), columns)
    return head.as_string() + ", ".join([one] * len(rows))


def _cast(table: str, column: str) -> str:
    kind = Base.metadata.tables[table].c[column].type
    return str(kind.compile(dialect=sa.dialects.postgresql.dialect())).lower()


def _values(rows: list[dict[str, Any]]) -> list[Any]:
    return [
        json.dumps(value) if isinstance(value, dict) else value
        for row in rows
        for value in row.values()
    ]
