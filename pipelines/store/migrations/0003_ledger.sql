-- what reading a source costs, per UTC day and resource; written once, noting it again changes nothing
CREATE TABLE ledger (
    source VARCHAR NOT NULL, day DATE NOT NULL, kind VARCHAR NOT NULL, resource_id VARCHAR NOT NULL,
    cost_usd DOUBLE NOT NULL, noted_at TIMESTAMP NOT NULL,
    PRIMARY KEY (source, day, kind, resource_id)
);
