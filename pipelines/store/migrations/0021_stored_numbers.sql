-- Authors and posts stand by number (number_of, 63 bits) beside their ids, written when they are folded: what scans or joins a
-- million rows reads no strings. A number follows from its id alone, in every file and version the same.
CREATE MACRO number_if_any(platform, id) AS CASE WHEN id IS NOT NULL THEN number_of(platform, id) END;
-- whether a profile speaks of another platform at all: only then can it declare an account there (roles/same_person.py)
CREATE MACRO speaks_of_elsewhere(words, place) AS
    regexp_matches(lower(concat(words, ' ', place)), 'bsky|bluesky|twitter|x\.com|(^|\W)x\W');

ALTER TABLE posts ADD COLUMN post_number BIGINT;
ALTER TABLE posts ADD COLUMN author_number BIGINT;
ALTER TABLE posts ADD COLUMN repost_of_number BIGINT;
ALTER TABLE posts ADD COLUMN quoted_number BIGINT;
ALTER TABLE posts ADD COLUMN reply_to_number BIGINT;
UPDATE posts SET post_number = number_of(platform, post_id), author_number = number_of(platform, author_id),
    repost_of_number = number_if_any(platform, repost_of_id), quoted_number = number_if_any(platform, quoted_id),
    reply_to_number = number_if_any(platform, reply_to_id);

-- a match repeats what its post takes up, as it repeats the post's moment and author
ALTER TABLE matches ADD COLUMN post_number BIGINT;
ALTER TABLE matches ADD COLUMN author_number BIGINT;
ALTER TABLE matches ADD COLUMN repost_of_number BIGINT;
ALTER TABLE matches ADD COLUMN quoted_number BIGINT;
ALTER TABLE matches ADD COLUMN reply_to_number BIGINT;
UPDATE matches SET post_number = number_of(platform, post_id), author_number = number_of(platform, author_id);
UPDATE matches SET repost_of_number = p.repost_of_number, quoted_number = p.quoted_number, reply_to_number = p.reply_to_number
    FROM posts p WHERE p.post_number = matches.post_number;

ALTER TABLE abstract_mentions ADD COLUMN post_number BIGINT;
ALTER TABLE abstract_mentions ADD COLUMN author_number BIGINT;
ALTER TABLE abstract_mentions ADD COLUMN said_number BIGINT;  -- the post whose words name the abstract: its own or what it takes up
UPDATE abstract_mentions SET post_number = number_of(platform, post_id), author_number = number_of(platform, author_id),
    said_number = number_of(platform, coalesce(inherited_from, post_id));

ALTER TABLE counts ADD COLUMN post_number BIGINT;
UPDATE counts SET post_number = number_of(platform, post_id);
ALTER TABLE likes ADD COLUMN post_number BIGINT;
UPDATE likes SET post_number = number_of(platform, post_id);

ALTER TABLE roles ADD COLUMN author_number BIGINT;
UPDATE roles SET author_number = number_of(platform, author_id);
ALTER TABLE authors ADD COLUMN author_number BIGINT;
ALTER TABLE authors ADD COLUMN elsewhere BOOLEAN;  -- NULL: no profile is known
UPDATE authors SET author_number = number_of(platform, author_id),
    elsewhere = CASE WHEN profile_at IS NOT NULL THEN speaks_of_elsewhere(bio, location) END;

-- who held a role at a moment, and what role everybody held: as holders_at and role_at, by number
CREATE MACRO numbered_holders_at(wanted, moment) AS TABLE
    WITH had AS (
        SELECT author_number, max(word_of(decided_by, decided_at)) AS word FROM roles
        WHERE role = wanted AND decided_at <= moment GROUP BY ALL
    )
    SELECT author_number FROM had ANTI JOIN (
        SELECT r.author_number FROM roles r JOIN had USING (author_number)
        WHERE r.role <> wanted AND r.decided_at <= moment AND word_of(r.decided_by, r.decided_at) > had.word
    ) other USING (author_number);
CREATE MACRO numbered_role_at(moment) AS TABLE
    SELECT author_number, arg_max(role, word_of(decided_by, decided_at)) AS role FROM roles
    WHERE decided_at <= moment GROUP BY author_number;
-- as counts_at, by number
CREATE MACRO numbered_counts_at(moment) AS TABLE
    SELECT post_number, like_count, repost_count, reply_count, quote_count FROM counts WHERE seen_at <= moment
    UNION ALL
    SELECT n.post_number, e.like_count, e.repost_count, e.reply_count, e.quote_count
    FROM engagement e JOIN (SELECT platform, post_id, post_number FROM counts WHERE seen_at > moment) n USING (platform, post_id)
    WHERE e.seen_at <= moment
    QUALIFY row_number() OVER (PARTITION BY n.post_number ORDER BY e.seen_at DESC) = 1;

-- as before, with the numbers
CREATE OR REPLACE VIEW spoken_of AS
    SELECT m.congress_id, m.number, m.platform, m.post_id, m.author_id, m.created_at, m.kind, m.tier, m.rule,
        m.evidence, m.span_start, m.span_end, m.score, m.inherited_from, m.visible,
        CASE WHEN v.verdict = 'accept' THEN 'accepted' ELSE 'auto' END AS state, m.post_number, m.author_number
    FROM abstract_mentions m LEFT JOIN (SELECT *, number_of(platform, post_id) AS said_number FROM verdicts) v
        ON v.said_number = m.said_number AND v.number = m.number AND v.congress_id = m.congress_id
    WHERE v.verdict IS NULL OR v.verdict = 'accept'
    UNION ALL
    SELECT v.congress_id, v.number, v.platform, x.post_id, x.author_id, x.created_at, x.kind, 1::TINYINT, 'reviewer',
        v.reason, -1, -1, 1.0, CASE WHEN x.post_id <> v.post_id THEN v.post_id END, x.visible, 'accepted',
        x.post_number, x.author_number
    FROM verdicts v
    JOIN (
        SELECT platform, post_id, post_id AS said_in FROM posts
        UNION ALL SELECT platform, post_id, repost_of_id FROM posts WHERE repost_of_id <> post_id
    ) p ON p.platform = v.platform AND p.said_in = v.post_id
    JOIN matches x ON x.congress_id = v.congress_id AND x.platform = p.platform AND x.post_id = p.post_id
    ANTI JOIN (FROM abstract_mentions SEMI JOIN (FROM verdicts WHERE verdict = 'accept') USING (congress_id, number)) m
        ON m.congress_id = v.congress_id AND m.number = v.number AND m.platform = x.platform AND m.post_id = x.post_id
    WHERE v.verdict = 'accept';

-- as before, with the number
CREATE OR REPLACE VIEW early AS
    SELECT s.congress_id, s.platform, s.post_id, s.number, s.author_id, s.created_at, s.kind, s.visible, a.title,
        a.embargo_lift_at, s.post_number
    FROM spoken_of s JOIN abstracts a ON a.congress_id = s.congress_id AND a.number = s.number
    WHERE s.created_at < a.embargo_lift_at;
