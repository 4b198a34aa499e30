-- what people did and saw, append-only: each row holds the hash of the row before it, so that no row can be edited,
-- removed, inserted or moved unnoticed; the last hash stands outside too, in audit.head of the data directory
CREATE TABLE audit (
    seq BIGINT PRIMARY KEY, noted_at TIMESTAMP NOT NULL, person VARCHAR NOT NULL, role VARCHAR NOT NULL,
    action VARCHAR NOT NULL, congress_id VARCHAR NOT NULL, target VARCHAR NOT NULL, params VARCHAR NOT NULL,
    previous_hash VARCHAR NOT NULL, hash VARCHAR NOT NULL
);
