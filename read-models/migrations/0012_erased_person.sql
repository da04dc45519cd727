-- Who has been erased. Rows of other streams about them hold no personal text from then on: what is there is blanked
-- together with the row here, and what is folded later is written without it.

CREATE TABLE erased_person (
    id        uuid        PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
