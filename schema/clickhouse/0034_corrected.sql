-- How often an event was corrected by its owners; amount and the others are what it was corrected to,
-- and what stood there before is in Postgres (corrections). A copy of the first version that comes
-- again is then a repeat as any other, and no conflict.
ALTER TABLE events ADD COLUMN IF NOT EXISTS corrected UInt8 DEFAULT 0 CODEC(ZSTD(1));
