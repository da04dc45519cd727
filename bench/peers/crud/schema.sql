-- The tables of the plain service. Rules that concern more than one row are constraints, so that they also hold between
-- transactions that do not see each other.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE patients (
    id               uuid        PRIMARY KEY,
    name             text        NOT NULL,
    date_of_birth    date        NOT NULL,
    email            text,
    -- Equal for two spellings of one mailbox.
    email_normalised text,
    phone            text,
    address          text,
    gender           text,
    active           boolean     NOT NULL DEFAULT true,
    version          bigint      NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX patients_email ON patients (email_normalised);
CREATE INDEX patients_name ON patients (name, id);

CREATE TABLE practitioners (
    id         uuid        PRIMARY KEY,
    name       text        NOT NULL,
    specialty  text,
    email      text,
    time_zone  text        NOT NULL,
    active     boolean     NOT NULL DEFAULT true,
    version    bigint      NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- When a practitioner sees patients, by the clock on their wall. Without a row they can be booked at any time.
CREATE TABLE opening_hours (
    practitioner_id uuid     NOT NULL REFERENCES practitioners,
    -- From 1, Monday.
    weekday         smallint NOT NULL,
    opens           interval NOT NULL,
    closes          interval NOT NULL,
    PRIMARY KEY (practitioner_id, weekday, opens)
);

CREATE TABLE time_off (
    id              uuid        PRIMARY KEY,
    practitioner_id uuid        NOT NULL REFERENCES practitioners,
    start_time      timestamptz NOT NULL,
    end_time        timestamptz NOT NULL
);
CREATE INDEX time_off_period ON time_off USING gist (practitioner_id, tstzrange(start_time, end_time));

CREATE TABLE appointments (
    id              uuid        PRIMARY KEY,
    patient_id      uuid        NOT NULL REFERENCES patients,
    practitioner_id uuid        NOT NULL REFERENCES practitioners,
    start_time      timestamptz NOT NULL,
    end_time        timestamptz NOT NULL,
    status          text        NOT NULL,
    reason          text,
    notes           text,
    arrived_at      timestamptz,
    fulfilled_at    timestamptz,
    version         bigint      NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT practitioner_is_free EXCLUDE USING gist (practitioner_id WITH =, tstzrange(start_time, end_time) WITH &&)
        WHERE (status IN ('booked', 'arrived', 'fulfilled')),
    CONSTRAINT patient_is_free EXCLUDE USING gist (patient_id WITH =, tstzrange(start_time, end_time) WITH &&)
        WHERE (status IN ('booked', 'arrived', 'fulfilled'))
);
CREATE INDEX appointments_start ON appointments (start_time, id);

-- An account has the id of its patient.
CREATE TABLE accounts (
    id         uuid        PRIMARY KEY REFERENCES patients,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- What is owed on an account, in each currency.
CREATE TABLE balances (
    account_id uuid   NOT NULL REFERENCES accounts,
    currency   text   NOT NULL,
    owed_minor bigint NOT NULL,
    PRIMARY KEY (account_id, currency)
);

CREATE TABLE invoices (
    id          uuid        PRIMARY KEY,
    patient_id  uuid        NOT NULL CONSTRAINT invoices_patient REFERENCES accounts,
    status      text        NOT NULL,
    currency    text        NOT NULL,
    total_minor bigint      NOT NULL,
    open_minor  bigint      NOT NULL CHECK (open_minor >= 0),
    version     bigint      NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE invoice_lines (
    invoice_id       uuid    NOT NULL REFERENCES invoices,
    number           integer NOT NULL,
    description      text    NOT NULL,
    quantity         integer NOT NULL,
    unit_price_minor bigint  NOT NULL,
    PRIMARY KEY (invoice_id, number)
);

CREATE TABLE payments (
    account_id   uuid        NOT NULL REFERENCES accounts,
    reference    text        NOT NULL,
    invoice_id   uuid        NOT NULL REFERENCES invoices,
    amount_minor bigint      NOT NULL,
    currency     text        NOT NULL,
    method       text        NOT NULL,
    status       text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payments_reference PRIMARY KEY (account_id, reference)
);
CREATE INDEX payments_invoice ON payments (invoice_id);

-- Double entry: each row is posted to two accounts of the ledger, so the postings always add up.
CREATE TABLE postings (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   uuid        NOT NULL REFERENCES accounts,
    debit        text        NOT NULL,
    credit       text        NOT NULL,
    amount_minor bigint      NOT NULL,
    currency     text        NOT NULL,
    invoice_id   uuid        NOT NULL REFERENCES invoices,
    reference    text,
    posted_at    timestamptz NOT NULL DEFAULT now()
);

-- The answers to requests that were carried out under a key.
CREATE TABLE idempotency_keys (
    key         text        NOT NULL CONSTRAINT idempotency_keys_key PRIMARY KEY,
    fingerprint bytea       NOT NULL,
    status      smallint    NOT NULL,
    location    text,
    version     bigint      NOT NULL,
    body        text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- What others are to be told. It is written in the transaction that it tells of.
CREATE TABLE outbox (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id   uuid        NOT NULL,
    event_type text        NOT NULL,
    subject_id uuid        NOT NULL,
    payload    jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
