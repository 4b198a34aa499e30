-- tapes that were written beside this database: what is deleted must leave them too
CREATE TABLE tapes (path VARCHAR PRIMARY KEY, begun_at TIMESTAMP NOT NULL);
-- what was done so that deleted words are really gone: tapes scrubbed, the file written anew, posts expired
CREATE TABLE upkeep (
    job VARCHAR NOT NULL, done_at TIMESTAMP NOT NULL, touched BIGINT NOT NULL, PRIMARY KEY (job, done_at)
);
