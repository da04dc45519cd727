-- What happens to patients, practitioners and appointments after they have come to be.
-- The tables are emptied and folded again from the log, which knows it all.

TRUNCATE patient, cached_patient, practitioner, appointment;
UPDATE projection_checkpoint SET position = 0
WHERE projection IN ('patient', 'cached_patient', 'practitioner', 'appointment');

ALTER TABLE patient ADD COLUMN status text NOT NULL;
ALTER TABLE cached_patient ADD COLUMN erased boolean NOT NULL;
ALTER TABLE practitioner
    ADD COLUMN active       boolean NOT NULL,
    ADD COLUMN availability jsonb   NOT NULL,
    ADD COLUMN time_off     jsonb   NOT NULL;
ALTER TABLE appointment
    ADD COLUMN arrived_at               timestamptz,
    ADD COLUMN fulfilled_at             timestamptz,
    ADD COLUMN cancellation_reason_code text,
    ADD COLUMN cancellation_reason_text text,
    ADD COLUMN overbooked               boolean NOT NULL,
    ADD COLUMN overbooking_reason       text;
