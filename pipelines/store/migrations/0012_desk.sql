-- posts that may tell of an adverse event, for human review. A number is given once and counts up without holes; study
-- data are kept apart and have none. When the post goes, its words go (elements, author) and the row stays
CREATE TABLE cases (
    case_id VARCHAR PRIMARY KEY, number BIGINT, congress_id VARCHAR NOT NULL, platform VARCHAR NOT NULL,
    post_id VARCHAR NOT NULL, read_from VARCHAR NOT NULL, author_id VARCHAR, revision VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL, first_seen_at TIMESTAMP NOT NULL, kind VARCHAR NOT NULL, product VARCHAR NOT NULL,
    elements VARCHAR NOT NULL, special BOOLEAN NOT NULL, score BIGINT NOT NULL, text_hash VARCHAR NOT NULL,
    removed_at TIMESTAMP, removed_why VARCHAR
);
-- what reviewers decided, append-only; the newest word on a case holds. When the post goes, comment, text and elements go
CREATE TABLE case_decisions (
    entry BIGINT PRIMARY KEY, case_id VARCHAR NOT NULL, decided_at TIMESTAMP NOT NULL, person VARCHAR NOT NULL,
    decision VARCHAR NOT NULL, duplicate_of BIGINT, reference VARCHAR NOT NULL, comment VARCHAR NOT NULL,
    text VARCHAR NOT NULL, elements VARCHAR NOT NULL, text_hash VARCHAR NOT NULL
);
-- the clock of each congress, as congresses.yaml says
CREATE TABLE safety (congress_id VARCHAR PRIMARY KEY, hours DOUBLE NOT NULL, alert_at DOUBLE NOT NULL);

-- cases as they stood at a moment
CREATE MACRO cases_at(moment) AS TABLE
    SELECT c.*, d.entry, d.decided_at, d.person, d.decision, d.duplicate_of, d.reference, d.comment,
        CASE WHEN d.decision IS NULL OR d.decision = 'reopened' THEN CASE WHEN c.number IS NULL THEN 'apart' ELSE 'open' END
            ELSE d.decision END AS state
    FROM cases c LEFT JOIN (
        FROM case_decisions WHERE decided_at <= moment
        QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY entry DESC) = 1
    ) d USING (case_id)
    WHERE c.first_seen_at <= moment;

-- posts written before the listed embargo time of an abstract they speak of
CREATE VIEW early AS
    SELECT s.congress_id, s.platform, s.post_id, s.number, s.author_id, s.created_at, s.kind, s.visible, a.title,
        a.embargo_lift_at
    FROM spoken_of s JOIN abstracts a ON a.congress_id = s.congress_id AND a.number = s.number
    WHERE s.created_at < a.embargo_lift_at;
-- of these, the posts whose time has not come at a moment: kept out of shared pages and exports
CREATE MACRO embargoed_at(moment) AS TABLE
    SELECT DISTINCT congress_id, platform, post_id FROM early WHERE embargo_lift_at > moment;
