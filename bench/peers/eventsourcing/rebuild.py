"""Runs one part of the rebuild benchmark by eventsourcing on PostgreSQL.

Reads the part from standard input, as one line of JSON, and prints what was measured as another. Which parts are run, and
what becomes of what they measure, is decided in the crate `bench`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, ProgrammingError
from eventsourcing.projection import BaseProjectionRunner, ProjectionRunner
from eventsourcing.utils import Environment

import events
from projections import Appointments, Patients, View

STORED_AT_ONCE = 500
# How often it is looked how far the projections are.
POLL_SECONDS = 0.01
PROJECTIONS = (Patients, Appointments)


class Clinic(Application[str]):
    """The application that the events are stored by."""


def main() -> None:
    part = json.load(sys.stdin)
    env = environment(part["url"])
    if part["step"] == "import":
        count, seconds = store(env, Path(part["events"])), 0.0
    else:
        count, seconds = rebuild({**env, "CREATE_TABLE": "no"})
    print(json.dumps({"count": count, "seconds": seconds, "peak_memory_mb": peak_memory_mb()}))


def environment(url: str) -> dict[str, str]:
    # What is rebuilt need not wait for the disk, as it does not with us.
    os.environ["PGOPTIONS"] = "-c synchronous_commit=off"
    os.environ["PGSSLMODE"] = "disable"
    parts = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "ORIGINATOR_ID_TYPE": "text",
        "POSTGRES_HOST": parts.hostname or "",
        "POSTGRES_PORT": str(parts.port or 5432),
        "POSTGRES_USER": unquote(parts.username or ""),
        "POSTGRES_PASSWORD": unquote(parts.password or ""),
        "POSTGRES_DBNAME": parts.path.lstrip("/"),
    }


def store(env: dict[str, str], file: Path) -> int:
    count = 0
    with Clinic(env) as clinic, file.open(encoding="utf-8") as lines:
        while batch := list(islice(read(lines), STORED_AT_ONCE)):
            clinic.recorder.insert_events([clinic.mapper.to_stored_event(event) for event in batch])
            count += len(batch)
    for projection in PROJECTIONS:
        # Its table of positions is made here: nothing is made while it is measured.
        with InfrastructureFactory[View].construct(Environment(projection.name, env)) as factory:
            factory.tracking_recorder(View)
    return count


def read(lines: Iterator[str]) -> Iterator[events.ClinicEvent]:
    return (events.of_line(json.loads(line)) for line in lines)


def rebuild(env: dict[str, str]) -> tuple[int, float]:
    with Clinic(env) as clinic:
        count, last = held(clinic)
        began = time.monotonic()
        empty(clinic)
    with ExitStack() as stack:
        runners = [
            stack.enter_context(
                ProjectionRunner(application_class=Clinic, projection_class=projection, view_class=View, env=env)
            )
            for projection in PROJECTIONS
        ]
        for runner, position in zip(runners, last, strict=True):
            until_applied(runner, position)
        seconds = time.monotonic() - began
    return count, seconds


def held(clinic: Clinic) -> tuple[int, list[int]]:
    """How many events there are, and where the last one of each projection is."""
    with clinic.recorder.datastore.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM clinic_events")
        count = cursor.fetchone()["count"]
        last = []
        for projection in PROJECTIONS:
            cursor.execute(
                "SELECT max(notification_id) FROM clinic_events WHERE topic = ANY(%s)", (list(projection.topics),)
            )
            last.append(cursor.fetchone()["max"] or 0)
    return count, last


def empty(clinic: Clinic) -> None:
    with clinic.recorder.datastore.transaction(commit=True) as cursor:
        cursor.execute("TRUNCATE appointment, cached_patient")
        for projection in PROJECTIONS:
            cursor.execute(
                f"DELETE FROM {projection.name.lower()}_tracking WHERE application_name = %s", (clinic.name,)
            )


def until_applied(runner: BaseProjectionRunner[Clinic], position: int) -> None:
    # The runner's own `wait` looks again after up to 0.8 seconds.
    while (runner.view.max_tracking_id(runner.app_name) or 0) < position:
        runner.run_forever(timeout=POLL_SECONDS)
        if runner.is_interrupted.is_set():
            raise ProgrammingError("a projection has ended before its last event")


def peak_memory_mb() -> float | None:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    lines = (line.split() for line in status.splitlines() if line.startswith("VmHWM:"))
    return next((int(fields[1]) * 1024 / 1e6 for fields in lines), None)


if __name__ == "__main__":
    main()
