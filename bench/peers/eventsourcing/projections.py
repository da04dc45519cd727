"""The two read models as projections of eventsourcing: each event's rows and its position commit together."""

from __future__ import annotations

from typing import Any

from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection
from eventsourcing.utils import get_topic

import events

REGISTER = """
    INSERT INTO cached_patient (id, name, email, phone, address, erased, version)
    VALUES (%s, %s, %s, %s, %s, false, %s)"""
CHANGE = "UPDATE cached_patient SET name = %s, email = %s, phone = %s, address = %s, version = %s WHERE id = %s"
COUNT = "UPDATE cached_patient SET version = %s WHERE id = %s"

BOOK = """
    INSERT INTO appointment (id, version, booked_at, updated_at, patient_id, practitioner_id, start_time, end_time,
                             time_zone, status, reason, notes, overbooked)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'booked', %s, %s, false)"""
MOVE = """
    UPDATE appointment SET start_time = %s, end_time = %s, time_zone = %s, updated_at = %s, version = %s
    WHERE id = %s"""
ARRIVE = "UPDATE appointment SET status = 'arrived', arrived_at = %s, updated_at = %s, version = %s WHERE id = %s"
FULFIL = "UPDATE appointment SET status = 'fulfilled', fulfilled_at = %s, updated_at = %s, version = %s WHERE id = %s"
CANCEL = """
    UPDATE appointment SET status = 'cancelled', cancellation_reason_code = %s, cancellation_reason_text = %s,
                           updated_at = %s, version = %s
    WHERE id = %s"""


class View(PostgresTrackingRecorder):
    """A table, and how far it has been built."""

    def apply(self, tracking: Tracking, statement: str, *values: Any) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(statement, values, prepare=True)
            self._insert_tracking(cursor, tracking)


class Patients(Projection[View]):
    """Shows in `cached_patient` what is known of patients."""

    topics = tuple(
        get_topic(event)
        for event in (
            events.PatientRegistered,
            events.DemographicsChanged,
            events.PatientDeactivated,
            events.PatientReactivated,
        )
    )

    @singledispatchmethod
    def process_event(self, event: Any, tracking: Tracking) -> None:
        raise TypeError(f"{type(event)} is not projected")

    @process_event.register
    def registered(self, event: events.PatientRegistered, tracking: Tracking) -> None:
        known = (event.name, event.email, event.phone, event.address)
        self.view.apply(tracking, REGISTER, event.originator_id, *known, event.originator_version)

    @process_event.register
    def changed(self, event: events.DemographicsChanged, tracking: Tracking) -> None:
        known = (event.name, event.email, event.phone, event.address)
        self.view.apply(tracking, CHANGE, *known, event.originator_version, event.originator_id)

    @process_event.register(events.PatientDeactivated)
    @process_event.register(events.PatientReactivated)
    def counted(self, event: events.ClinicEvent, tracking: Tracking) -> None:
        self.view.apply(tracking, COUNT, event.originator_version, event.originator_id)


class Appointments(Projection[View]):
    """Shows appointments in `appointment`."""

    topics = tuple(
        get_topic(event)
        for event in (
            events.AppointmentBooked,
            events.AppointmentRescheduled,
            events.AppointmentArrived,
            events.AppointmentFulfilled,
            events.AppointmentCancelled,
        )
    )

    @singledispatchmethod
    def process_event(self, event: Any, tracking: Tracking) -> None:
        raise TypeError(f"{type(event)} is not projected")

    @process_event.register
    def booked(self, event: events.AppointmentBooked, tracking: Tracking) -> None:
        self.view.apply(
            tracking,
            BOOK,
            event.originator_id,
            event.originator_version,
            event.timestamp,
            event.timestamp,
            event.patient_id,
            event.practitioner_id,
            event.period["start"],
            event.period["end"],
            event.time_zone,
            event.reason,
            event.notes,
        )

    @process_event.register
    def moved(self, event: events.AppointmentRescheduled, tracking: Tracking) -> None:
        period = (event.period["start"], event.period["end"], event.time_zone)
        self._change(event, tracking, MOVE, *period)

    @process_event.register
    def arrived(self, event: events.AppointmentArrived, tracking: Tracking) -> None:
        self._change(event, tracking, ARRIVE, event.arrived_at)

    @process_event.register
    def fulfilled(self, event: events.AppointmentFulfilled, tracking: Tracking) -> None:
        self._change(event, tracking, FULFIL, event.fulfilled_at)

    @process_event.register
    def cancelled(self, event: events.AppointmentCancelled, tracking: Tracking) -> None:
        self._change(event, tracking, CANCEL, event.reason_code, event.reason_text)

    def _change(self, event: events.ClinicEvent, tracking: Tracking, statement: str, *values: Any) -> None:
        of_all = (event.timestamp, event.originator_version, event.originator_id)
        self.view.apply(tracking, statement, *values, *of_all)
