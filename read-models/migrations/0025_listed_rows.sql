-- How many of a projection's rows a list of all of them tells of, counted on with the rows. Null until whoever follows has
-- counted them once, and after other rows have been put in their place.
ALTER TABLE projection_checkpoint ADD COLUMN listed bigint;
