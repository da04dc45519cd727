-- What the projectors fold the streams into. Every row follows from the events alone, so that a rebuilt table equals
-- the one it replaces: nothing here is filled in by the database's clock.

CREATE TABLE projection_checkpoint (
    projection text   PRIMARY KEY,
    stream     text   NOT NULL,
    position   bigint NOT NULL CHECK (position >= 0)
);

CREATE TABLE patient (
    id            uuid        PRIMARY KEY,
    name          text        NOT NULL,
    date_of_birth date        NOT NULL,
    email         text,
    phone         text,
    address       text,
    gender        text,
    identifiers   jsonb       NOT NULL,
    registered_at timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    version       bigint      NOT NULL
);
CREATE INDEX patient_by_name ON patient (name, id);

-- What an appointment's answer needs to know of its patient, kept beside the appointments so that no query has to ask
-- another service.
CREATE TABLE cached_patient (
    id      uuid   PRIMARY KEY,
    name    text   NOT NULL,
    email   text,
    phone   text,
    address text,
    version bigint NOT NULL
);

CREATE TABLE practitioner (
    id            uuid        PRIMARY KEY,
    name          text        NOT NULL,
    specialty     text,
    time_zone     text        NOT NULL,
    email         text,
    registered_at timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    version       bigint      NOT NULL
);
CREATE INDEX practitioner_by_name ON practitioner (name, id);

CREATE TABLE appointment (
    id              uuid        PRIMARY KEY,
    patient_id      uuid        NOT NULL,
    practitioner_id uuid        NOT NULL,
    start_time      timestamptz NOT NULL,
    end_time        timestamptz NOT NULL,
    time_zone       text        NOT NULL,
    status          text        NOT NULL,
    reason          text,
    notes           text,
    booked_at       timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    version         bigint      NOT NULL
);
CREATE INDEX appointment_by_start ON appointment (start_time, id);
CREATE INDEX appointment_by_patient ON appointment (patient_id, start_time);
CREATE INDEX appointment_by_practitioner ON appointment (practitioner_id, start_time);
