-- whose word on a role counts: a reviewer's over the curated list's over the rules', then the newest. One number, since
-- comparing numbers is several times as fast as comparing rows
CREATE MACRO word_of(decided_by, decided_at) AS
    CASE decided_by WHEN 'rules' THEN 0 WHEN 'voices.csv' THEN 1 ELSE 2 END * 10000000000000000 + epoch_us(decided_at);

-- who held one role at a moment: as role_at, which has to look at everybody
CREATE MACRO holders_at(wanted, moment) AS TABLE
    WITH had AS (
        SELECT platform, author_id, max(word_of(decided_by, decided_at)) AS word FROM roles
        WHERE role = wanted AND decided_at <= moment GROUP BY ALL
    )
    SELECT platform, author_id FROM had ANTI JOIN (
        SELECT r.platform, r.author_id FROM roles r JOIN had ON had.platform = r.platform AND had.author_id = r.author_id
        WHERE r.role <> wanted AND r.decided_at <= moment AND word_of(r.decided_by, r.decided_at) > had.word
    ) other USING (platform, author_id);

-- as before, but what reviewers added is looked for among few rows: nothing is read where nobody accepted anything
CREATE OR REPLACE VIEW spoken_of AS
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
    JOIN (
        SELECT platform, post_id, post_id AS said_in FROM posts
        UNION ALL SELECT platform, post_id, repost_of_id FROM posts WHERE repost_of_id <> post_id
    ) p ON p.platform = v.platform AND p.said_in = v.post_id
    JOIN matches x ON x.congress_id = v.congress_id AND x.platform = p.platform AND x.post_id = p.post_id
    ANTI JOIN (FROM abstract_mentions SEMI JOIN (FROM verdicts WHERE verdict = 'accept') USING (congress_id, number)) m
        ON m.congress_id = v.congress_id AND m.number = v.number AND m.platform = x.platform AND m.post_id = x.post_id
    WHERE v.verdict = 'accept';
