-- Which patients are in a practitioner's care, by their appointments and prescriptions, and what the scopes of patients and
-- practitioners need to find their rows.

CREATE TABLE care_relation_scheduling (
    id              uuid        PRIMARY KEY,
    practitioner_id uuid        NOT NULL,
    patient_id      uuid        NOT NULL,
    since           timestamptz,
    until           timestamptz
);
CREATE INDEX care_relation_scheduling_by_practitioner ON care_relation_scheduling (practitioner_id, patient_id)
    WHERE since IS NOT NULL AND until IS NULL;

CREATE TABLE care_relation_prescribing (LIKE care_relation_scheduling INCLUDING ALL EXCLUDING INDEXES, PRIMARY KEY (id));
CREATE INDEX care_relation_prescribing_by_practitioner ON care_relation_prescribing (practitioner_id, patient_id)
    WHERE since IS NOT NULL AND until IS NULL;

CREATE INDEX prescription_by_practitioner ON prescription (practitioner_id, prescribed_at, id);
