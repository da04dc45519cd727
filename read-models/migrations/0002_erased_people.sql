-- A person who has been erased leaves a row without a name and without a date of birth.

ALTER TABLE patient ALTER COLUMN name DROP NOT NULL, ALTER COLUMN date_of_birth DROP NOT NULL;
ALTER TABLE cached_patient ALTER COLUMN name DROP NOT NULL;
ALTER TABLE practitioner ALTER COLUMN name DROP NOT NULL;
