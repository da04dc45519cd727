-- What runs the projections: who advances each, what each had to set aside, and the versions beside the live one.

-- Which version of a projector folded the rows, and how often other rows have been put in their place.
ALTER TABLE projection_checkpoint
    ADD COLUMN version      integer NOT NULL DEFAULT 1,
    ADD COLUMN replacements integer NOT NULL DEFAULT 0;

-- Which process may advance a projection, until when. Not logged: a database that has crashed has forgotten who held
-- what, which is what becomes of a lease.
CREATE UNLOGGED TABLE projection_lease (
    projection text        PRIMARY KEY,
    holder     text        NOT NULL,
    state      text        NOT NULL,
    reason     text,
    expires_at timestamptz NOT NULL
);

-- Events that could not be applied, and those that wait behind them. No personal data: an event is found in its stream.
CREATE TABLE parked_event (
    projection text        NOT NULL,
    stream     text        NOT NULL,
    position   bigint      NOT NULL,
    aggregate  text        NOT NULL,
    row_key    uuid,
    event_type text        NOT NULL,
    waits      boolean     NOT NULL,
    error      text        NOT NULL,
    attempts   integer     NOT NULL,
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    PRIMARY KEY (projection, position)
);

-- Those that an operator has given up, and why.
CREATE TABLE discarded_event (
    projection   text        NOT NULL,
    stream       text        NOT NULL,
    position     bigint      NOT NULL,
    aggregate    text        NOT NULL,
    event_type   text        NOT NULL,
    error        text        NOT NULL,
    reason       text        NOT NULL,
    discarded_at timestamptz NOT NULL,
    PRIMARY KEY (projection, position)
);

-- A version of a projection's table that is being built in the schema `building`, and how far each of its parts is.
CREATE TABLE projection_build (
    projection text    PRIMARY KEY,
    version    integer NOT NULL,
    parts      integer NOT NULL
);
CREATE TABLE projection_build_part (
    projection text    NOT NULL REFERENCES projection_build ON DELETE CASCADE,
    part       integer NOT NULL,
    position   bigint  NOT NULL,
    PRIMARY KEY (projection, part)
);

-- Where the version stood that was replaced, and is kept in the schema `previous`.
CREATE TABLE projection_previous (
    projection  text        PRIMARY KEY,
    position    bigint      NOT NULL,
    version     integer     NOT NULL,
    replaced_at timestamptz NOT NULL
);

CREATE SCHEMA building;
CREATE SCHEMA previous;
CREATE TABLE building.parked_event (LIKE parked_event INCLUDING ALL);
CREATE TABLE previous.parked_event (LIKE parked_event INCLUDING ALL);
