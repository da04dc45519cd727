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

CREATE TABLE event_index_scheduling (LIKE event_index_patients INCLUDING ALL);
CREATE TABLE event_index_prescribing (LIKE event_index_patients INCLUDING ALL);
CREATE TABLE event_index_billing (LIKE event_index_patients INCLUDING ALL);
