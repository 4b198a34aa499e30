-- what reviewers said of links between posts and abstracts; the newest word on a pair holds, and outlives every re-run
CREATE TABLE reviews (
    congress_id VARCHAR NOT NULL, platform VARCHAR NOT NULL, post_id VARCHAR NOT NULL, number VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL, reviewer VARCHAR NOT NULL, reason VARCHAR NOT NULL, decided_at TIMESTAMP NOT NULL,
    PRIMARY KEY (congress_id, platform, post_id, number, decided_at)
);

CREATE VIEW verdicts AS
    FROM reviews QUALIFY row_number() OVER (
        PARTITION BY congress_id, platform, post_id, number ORDER BY decided_at DESC, verdict, reviewer) = 1;

-- what is shown and counted: the machine's readings without the rejected ones, and what reviewers added;
-- a repost, quote or reply follows the word on what it took over
CREATE VIEW spoken_of AS
    SELECT m.congress_id, m.number, m.platform, m.post_id, m.author_id, m.created_at, m.kind, m.tier, m.rule,
        m.evidence, m.span_start, m.span_end, m.score, m.inherited_from, m.visible,
        CASE WHEN v.verdict = 'accept' THEN 'accepted' ELSE 'auto' END AS state
    FROM abstract_mentions m LEFT JOIN verdicts v
        ON v.congress_id = m.congress_id AND v.number = m.number AND v.platform = m.platform
        AND v.post_id = coalesce(m.inherited_from, m.post_id)
    WHERE v.verdict IS NULL OR v.verdict = 'accept'
    UNION ALL
    SELECT v.congress_id, v.number, v.platform, x.post_id, x.author_id, x.created_at, x.kind, 1::TINYINT, 'reviewer',
        v.reason, -1, -1, 1.0, CASE WHEN x.post_id <> v.post_id THEN v.post_id END, x.visible, 'accepted'
    FROM verdicts v
    JOIN posts p ON p.platform = v.platform AND v.post_id IN (p.post_id, p.repost_of_id)
    JOIN matches x ON x.congress_id = v.congress_id AND x.platform = p.platform AND x.post_id = p.post_id
    WHERE v.verdict = 'accept' AND NOT EXISTS (
        FROM abstract_mentions m WHERE m.congress_id = v.congress_id AND m.number = v.number
            AND m.platform = x.platform AND m.post_id = x.post_id);
