-- A date of birth may be known to the month or the year only: the earliest and the latest day that it can be.

ALTER TABLE patient ADD COLUMN date_of_birth_latest date;
UPDATE patient SET date_of_birth_latest = date_of_birth;
CREATE INDEX patient_by_date_of_birth ON patient (date_of_birth, date_of_birth_latest);
