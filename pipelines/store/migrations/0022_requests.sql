-- what people asked for here that the host which collects carries out (pipelines/lake/errands.py); empty but on a mirror.
-- words holds the parameters that may quote a post: they go when there is an answer, or with the post
CREATE TABLE requests (
    id VARCHAR PRIMARY KEY, asked_from VARCHAR NOT NULL, congress_id VARCHAR NOT NULL, platform VARCHAR NOT NULL,
    post_id VARCHAR NOT NULL, author_id VARCHAR NOT NULL, command VARCHAR NOT NULL, person VARCHAR NOT NULL,
    role VARCHAR NOT NULL, params VARCHAR NOT NULL, words VARCHAR NOT NULL, asked_at TIMESTAMP NOT NULL,
    state VARCHAR NOT NULL, said VARCHAR NOT NULL, answered_by VARCHAR NOT NULL, answered_at TIMESTAMP
);
