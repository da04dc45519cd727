-- Whether a patient has died, and when: an instant, a day, a month or a year, as it was told.

ALTER TABLE patient
    ADD COLUMN deceased    boolean NOT NULL DEFAULT false,
    ADD COLUMN deceased_at text;
