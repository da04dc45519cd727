-- Where each event of the log stands, one table a stream: a commit holds the events of several aggregates, and the log itself
-- is not asked for those of one. Envelopes only, and so nothing personal.

CREATE TABLE event_index_patients (
    event_id        uuid        PRIMARY KEY,
    correlation_id  uuid        NOT NULL,
    causation_id    uuid,
    time            timestamptz NOT NULL,
    version         bigint      NOT NULL,
    position        bigint      NOT NULL,
    index_in_commit integer     NOT NULL,
    schema_version  integer     NOT NULL,
    aggregate_type  text        NOT NULL,
    aggregate_id    text        NOT NULL,
    event_type      text        NOT NULL
);
CREATE UNIQUE INDEX event_index_patients_by_aggregate ON event_index_patients (aggregate_type, aggregate_id, version);
CREATE INDEX event_index_patients_by_correlation ON event_index_patients (correlation_id);
CREATE INDEX event_index_patients_by_time ON event_index_patients (time);

CREATE TABLE event_index_scheduling (
    event_id        uuid        PRIMARY KEY,
    correlation_id  uuid        NOT NULL,
    causation_id    uuid,
    time            timestamptz NOT NULL,
    version         bigint      NOT NULL,
    position        bigint      NOT NULL,
    index_in_commit integer     NOT NULL,
    schema_version  integer     NOT NULL,
    aggregate_type  text        NOT NULL,
    aggregate_id    text        NOT NULL,
    event_type      text        NOT NULL
);
CREATE UNIQUE INDEX event_index_scheduling_by_aggregate ON event_index_scheduling (aggregate_type, aggregate_id, version);
CREATE INDEX event_index_scheduling_by_correlation ON event_index_scheduling (correlation_id);
CREATE INDEX event_index_scheduling_by_time ON event_index_scheduling (time);

CREATE TABLE event_index_prescribing (
    event_id        uuid        PRIMARY KEY,
    correlation_id  uuid        NOT NULL,
    causation_id    uuid,
    time            timestamptz NOT NULL,
    version         bigint      NOT NULL,
    position        bigint      NOT NULL,
    index_in_commit integer     NOT NULL,
    schema_version  integer     NOT NULL,
    aggregate_type  text        NOT NULL,
    aggregate_id    text        NOT NULL,
    event_type      text        NOT NULL
);
CREATE UNIQUE INDEX event_index_prescribing_by_aggregate ON event_index_prescribing (aggregate_type, aggregate_id, version);
CREATE INDEX event_index_prescribing_by_correlation ON event_index_prescribing (correlation_id);
CREATE INDEX event_index_prescribing_by_time ON event_index_prescribing (time);

CREATE TABLE event_index_billing (
    event_id        uuid        PRIMARY KEY,
    correlation_id  uuid        NOT NULL,
    causation_id    uuid,
    time            timestamptz NOT NULL,
    version         bigint      NOT NULL,
    position        bigint      NOT NULL,
    index_in_commit integer     NOT NULL,
    schema_version  integer     NOT NULL,
    aggregate_type  text        NOT NULL,
    aggregate_id    text        NOT NULL,
    event_type      text        NOT NULL
);
CREATE UNIQUE INDEX event_index_billing_by_aggregate ON event_index_billing (aggregate_type, aggregate_id, version);
CREATE INDEX event_index_billing_by_correlation ON event_index_billing (correlation_id);
CREATE INDEX event_index_billing_by_time ON event_index_billing (time);
