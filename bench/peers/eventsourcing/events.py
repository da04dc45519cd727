"""The clinic's events as an application on eventsourcing would declare them."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ClinicEvent:
    originator_id: str
    originator_version: int
    timestamp: str


@dataclass(frozen=True, kw_only=True)
class Known(ClinicEvent):
    name: str | None = None
    date_of_birth: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    gender: str | None = None
    identifiers: list[dict[str, str]] | None = None


class PatientRegistered(Known):
    pass


class DemographicsChanged(Known):
    pass


class PatientDeactivated(ClinicEvent):
    pass


class PatientReactivated(ClinicEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class PractitionerRegistered(ClinicEvent):
    name: str
    time_zone: str
    specialty: str | None = None
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class AppointmentBooked(ClinicEvent):
    patient_id: str
    practitioner_id: str
    period: dict[str, str]
    time_zone: str
    local_start: str
    origin: str
    reason: str | None = None
    notes: str | None = None


@dataclass(frozen=True, kw_only=True)
class AppointmentRescheduled(ClinicEvent):
    period: dict[str, str]
    time_zone: str
    local_start: str


@dataclass(frozen=True, kw_only=True)
class AppointmentArrived(ClinicEvent):
    arrived_at: str


@dataclass(frozen=True, kw_only=True)
class AppointmentFulfilled(ClinicEvent):
    fulfilled_at: str


@dataclass(frozen=True, kw_only=True)
class AppointmentCancelled(ClinicEvent):
    reason_code: str
    reason_text: str | None = None


PUBLISHED = {
    "patient.registered": PatientRegistered,
    "patient.demographics-changed": DemographicsChanged,
    "patient.deactivated": PatientDeactivated,
    "patient.reactivated": PatientReactivated,
    "practitioner.registered": PractitionerRegistered,
    "appointment.booked": AppointmentBooked,
    "appointment.rescheduled": AppointmentRescheduled,
    "appointment.arrived": AppointmentArrived,
    "appointment.fulfilled": AppointmentFulfilled,
    "appointment.cancelled": AppointmentCancelled,
}


def of_line(line: dict[str, Any]) -> ClinicEvent:
    """An event of the file, with the attributes that its class declares."""
    event = PUBLISHED[line["event_type"]]
    declared = {field.name for field in fields(event)}
    named = {_snake(name): value for name, value in line["data"].items()}
    return event(
        originator_id=line["aggregate_id"],
        originator_version=line["version"],
        timestamp=line["time"],
        **{name: value for name, value in named.items() if name in declared},
    )


def _snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()
