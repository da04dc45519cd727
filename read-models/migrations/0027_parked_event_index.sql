-- A commit holds several events at one position, and each of them is parked by itself.
ALTER TABLE parked_event ADD COLUMN event_index integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT parked_event_pkey, ADD PRIMARY KEY (projection, position, event_index);
ALTER TABLE building.parked_event ADD COLUMN event_index integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT parked_event_pkey, ADD PRIMARY KEY (projection, position, event_index);
ALTER TABLE previous.parked_event ADD COLUMN event_index integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT parked_event_pkey, ADD PRIMARY KEY (projection, position, event_index);
ALTER TABLE discarded_event ADD COLUMN event_index integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT discarded_event_pkey, ADD PRIMARY KEY (projection, position, event_index);
