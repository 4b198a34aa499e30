-- mentions that no rule found and a reviewer accepted, as rows: a read of spoken_of plans one table instead of five joins.
-- What there has to be is what added_now says; fold_added.py brings the rows up to it at the end of every transaction
CREATE VIEW added_now AS
    SELECT x.congress_id, v.number, x.platform, x.post_id, x.author_id, x.created_at, x.kind, 1::TINYINT AS tier,
        'reviewer' AS rule, v.reason AS evidence, -1 AS span_start, -1 AS span_end, 1.0::DOUBLE AS score,
        CASE WHEN x.post_id <> v.post_id THEN v.post_id END AS inherited_from, x.visible, x.post_number, x.author_number
    FROM (SELECT *, number_of(platform, post_id) AS said_number FROM verdicts WHERE verdict = 'accept') v
    JOIN (
        SELECT *, post_number AS said_number FROM matches
        UNION ALL SELECT *, repost_of_number FROM matches WHERE repost_of_number <> post_number
    ) x ON x.said_number = v.said_number AND x.congress_id = v.congress_id
    ANTI JOIN abstract_mentions m ON m.number = v.number AND m.post_number = x.post_number AND m.congress_id = v.congress_id;
CREATE TABLE added_mentions AS FROM added_now;

CREATE OR REPLACE VIEW spoken_of AS
    SELECT m.congress_id, m.number, m.platform, m.post_id, m.author_id, m.created_at, m.kind, m.tier, m.rule,
        m.evidence, m.span_start, m.span_end, m.score, m.inherited_from, m.visible,
        CASE WHEN v.verdict = 'accept' THEN 'accepted' ELSE 'auto' END AS state, m.post_number, m.author_number
    FROM abstract_mentions m LEFT JOIN (SELECT *, number_of(platform, post_id) AS said_number FROM verdicts) v
        ON v.said_number = m.said_number AND v.number = m.number AND v.congress_id = m.congress_id
    WHERE v.verdict IS NULL OR v.verdict = 'accept'
    UNION ALL
    SELECT congress_id, number, platform, post_id, author_id, created_at, kind, tier, rule, evidence, span_start, span_end,
        score, inherited_from, visible, 'accepted', post_number, author_number
    FROM added_mentions;

-- whom a post names, by number; NULL where it names nobody or only repeats another's words
CREATE MACRO numbers_of_named(platform, ids, repost_of_id) AS
    CASE WHEN len(ids) > 0 AND repost_of_id IS NULL THEN list_transform(ids, lambda each: number_of(platform, each)) END;
ALTER TABLE posts ADD COLUMN mentioned_numbers BIGINT[];
UPDATE posts SET mentioned_numbers = numbers_of_named(platform, mentioned_ids, repost_of_id) WHERE len(mentioned_ids) > 0;
