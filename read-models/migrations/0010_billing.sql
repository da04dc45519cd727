-- Accounts, their payments, the ledger, and invoices. Amounts are whole minor units; every posting is one row.

CREATE TABLE account (
    id         uuid        PRIMARY KEY,
    status     text        NOT NULL,
    balances   jsonb       NOT NULL,
    opened_at  timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint      NOT NULL
);

CREATE TABLE ledger_posting (
    entry_id       uuid        NOT NULL,
    line           smallint    NOT NULL,
    account_id     uuid        NOT NULL,
    kind           text        NOT NULL,
    ledger_account text        NOT NULL,
    minor          bigint      NOT NULL,
    currency       text        NOT NULL,
    invoice_id     uuid,
    reference      text,
    reason         text,
    posted_at      timestamptz NOT NULL,
    version        bigint      NOT NULL,
    PRIMARY KEY (entry_id, line)
);
CREATE INDEX ledger_posting_by_account ON ledger_posting (account_id, version, line);

CREATE TABLE payment (
    id             uuid        PRIMARY KEY,
    account_id     uuid        NOT NULL,
    invoice_id     uuid        NOT NULL,
    reference      text        NOT NULL,
    minor          bigint      NOT NULL,
    currency       text        NOT NULL,
    method         text        NOT NULL,
    status         text        NOT NULL,
    refunded_minor bigint      NOT NULL,
    attempted_at   timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    version        bigint      NOT NULL
);
CREATE INDEX payment_by_invoice ON payment (invoice_id, attempted_at, id);

CREATE TABLE invoice (
    id             uuid        PRIMARY KEY,
    patient_id     uuid        NOT NULL,
    appointment_id uuid,
    status         text        NOT NULL,
    currency       text        NOT NULL,
    lines          jsonb       NOT NULL,
    net_minor      bigint,
    tax_minor      bigint,
    open_minor     bigint      NOT NULL,
    allocations    jsonb       NOT NULL,
    credit_notes   jsonb       NOT NULL,
    cancel_reason  text,
    drafted_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    version        bigint      NOT NULL
);
CREATE INDEX invoice_by_patient ON invoice (patient_id, drafted_at, id);
CREATE INDEX invoice_by_drafting ON invoice (drafted_at, id);
