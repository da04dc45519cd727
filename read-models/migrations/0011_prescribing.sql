-- Prescriptions. What is prescribed tells of a person's health: it is null once it has been erased.

CREATE TABLE prescription (
    id                    uuid        PRIMARY KEY,
    patient_id            uuid        NOT NULL,
    practitioner_id       uuid        NOT NULL,
    appointment_id        uuid,
    prior_prescription_id uuid,
    status                text        NOT NULL,
    medicines             jsonb,
    refills_remaining     smallint    NOT NULL,
    refill_requests       jsonb       NOT NULL,
    notes                 text,
    reason_code           text,
    reason_text           text,
    prescribed_at         timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL,
    version               bigint      NOT NULL
);
CREATE INDEX prescription_by_patient ON prescription (patient_id, prescribed_at, id);
CREATE INDEX prescription_by_appointment ON prescription (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX prescription_by_time ON prescription (prescribed_at, id);
