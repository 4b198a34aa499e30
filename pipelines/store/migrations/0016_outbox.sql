-- For a store that is shared through a lake (pipelines/lake): what was folded and has yet to reach it, as Arrow streams in
-- the order of folding. Written in the transaction of the fold; a row goes when the lake has it.
CREATE TABLE outbox (
    seq BIGINT NOT NULL, mark VARCHAR NOT NULL, kind VARCHAR NOT NULL, row_count BIGINT NOT NULL, body BLOB NOT NULL,
    noted_at TIMESTAMP NOT NULL
);
-- under which name this file writes to the lake: one row once it does, none before. seq and mark name the last batch the
-- lake has; whole says that all that was stored before it joined has reached the lake too
CREATE TABLE lake_writer (
    writer VARCHAR NOT NULL, name VARCHAR NOT NULL, seq BIGINT NOT NULL, mark VARCHAR NOT NULL, whole BOOLEAN NOT NULL
);
