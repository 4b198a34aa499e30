-- professionals, organisations and media are named; everybody else stands under a pseudonym (pipelines/privacy.py)
CREATE MACRO may_be_named(role) AS coalesce(role IN ('hcp', 'society', 'pharma', 'media', 'institution'), false);

-- private people whom reviewers may see by name: who revealed them, when and why
CREATE TABLE reveals (
    platform VARCHAR NOT NULL, author_id VARCHAR NOT NULL, revealed_by VARCHAR NOT NULL, reason VARCHAR NOT NULL,
    revealed_at TIMESTAMP NOT NULL
);
