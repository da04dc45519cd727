-- The hash of the commit that a checkpoint stands at. A stream with another commit there is not the one that was read.
-- Null until the projection has advanced once, or where the log does not tell it.
ALTER TABLE projection_checkpoint ADD COLUMN hash text;
