-- Times are naive UTC. Ids are text. Rows are written by pipelines/store/fold.py and by nothing else.
-- matches and abstract_mentions repeat created_at, author_id and kind of their post, so that the
-- dashboard's figures need no join to posts; a purge removes them with the post.

-- what congresses.yaml said when the collector last started
CREATE TABLE congresses (
    congress_id VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, society VARCHAR NOT NULL, city VARCHAR NOT NULL,
    timezone VARCHAR NOT NULL, starts_on DATE NOT NULL, ends_on DATE NOT NULL,
    follow_from TIMESTAMP NOT NULL, follow_until TIMESTAMP NOT NULL,
    hashtags VARCHAR[] NOT NULL, simulated BOOLEAN NOT NULL
);

CREATE TABLE posts (
    platform VARCHAR NOT NULL, post_id VARCHAR NOT NULL, revision VARCHAR NOT NULL,
    author_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, text VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL, retrieved_at TIMESTAMP NOT NULL,
    lang VARCHAR, url VARCHAR, reply_to_id VARCHAR, quoted_id VARCHAR, repost_of_id VARCHAR,
    conversation_id VARCHAR, hashtags VARCHAR[], links VARCHAR[], mentioned_ids VARCHAR[],
    PRIMARY KEY (platform, post_id)
);

-- what was said of an author comes in three parts, each from its own moment (NULL: never said)
CREATE TABLE authors (
    platform VARCHAR NOT NULL, author_id VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL,
    handle VARCHAR, handle_at TIMESTAMP,
    display_name VARCHAR, bio VARCHAR, location VARCHAR, profile_at TIMESTAMP,
    followers_count BIGINT, verified BOOLEAN, followers_at TIMESTAMP,
    PRIMARY KEY (platform, author_id)
);

-- engagement keeps every sighting; counts holds the newest of each post
CREATE TABLE engagement (
    platform VARCHAR NOT NULL, post_id VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL,
    like_count BIGINT, repost_count BIGINT, reply_count BIGINT, quote_count BIGINT, impression_count BIGINT,
    PRIMARY KEY (platform, post_id, seen_at)
);
CREATE TABLE counts (
    platform VARCHAR NOT NULL, post_id VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL,
    like_count BIGINT, repost_count BIGINT, reply_count BIGINT, quote_count BIGINT, impression_count BIGINT,
    PRIMARY KEY (platform, post_id)
);
CREATE TABLE likes (
    platform VARCHAR NOT NULL, like_id VARCHAR NOT NULL, post_id VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (platform, like_id)
);

-- tombstones: what is here never comes back
CREATE TABLE deletions (
    platform VARCHAR NOT NULL, target VARCHAR NOT NULL, target_id VARCHAR NOT NULL,
    deleted_at TIMESTAMP NOT NULL, reason VARCHAR NOT NULL,
    PRIMARY KEY (platform, target, target_id)
);
-- matched posts that are gone: what keeps the counts honest after the text is purged
CREATE TABLE removed_posts (
    congress_id VARCHAR NOT NULL, platform VARCHAR NOT NULL, post_id VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (congress_id, platform, post_id)
);
-- every post a tombstone ever reached, also through its author or through what it reposts
CREATE TABLE refused_posts (
    platform VARCHAR NOT NULL, post_id VARCHAR NOT NULL,
    PRIMARY KEY (platform, post_id)
);
CREATE TABLE account_states (
    platform VARCHAR NOT NULL, author_id VARCHAR NOT NULL, active BOOLEAN NOT NULL,
    changed_at TIMESTAMP NOT NULL, status VARCHAR,
    PRIMARY KEY (platform, author_id)
);

CREATE TABLE matches (
    congress_id VARCHAR NOT NULL, platform VARCHAR NOT NULL, post_id VARCHAR NOT NULL,
    author_id VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL, kind VARCHAR NOT NULL,
    rule VARCHAR NOT NULL, term VARCHAR NOT NULL, terms VARCHAR[], visible BOOLEAN NOT NULL,
    PRIMARY KEY (congress_id, platform, post_id)
);
CREATE TABLE abstract_mentions (
    congress_id VARCHAR NOT NULL, number VARCHAR NOT NULL, platform VARCHAR NOT NULL, post_id VARCHAR NOT NULL,
    author_id VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL, kind VARCHAR NOT NULL,
    tier TINYINT NOT NULL, rule VARCHAR NOT NULL, evidence VARCHAR NOT NULL,
    span_start INTEGER NOT NULL, span_end INTEGER NOT NULL, score DOUBLE NOT NULL,
    inherited_from VARCHAR, revision VARCHAR NOT NULL, visible BOOLEAN NOT NULL,
    PRIMARY KEY (congress_id, number, platform, post_id, tier, rule)
);

-- history: the role that held at a moment is the newest before it
CREATE TABLE roles (
    platform VARCHAR NOT NULL, author_id VARCHAR NOT NULL, decided_at TIMESTAMP NOT NULL,
    decided_by VARCHAR NOT NULL, role VARCHAR NOT NULL, confidence VARCHAR NOT NULL,
    evidence VARCHAR[], credentials VARCHAR[], specialty VARCHAR, rule VARCHAR NOT NULL,
    PRIMARY KEY (platform, author_id, decided_at, decided_by)
);

CREATE TABLE abstracts (
    congress_id VARCHAR NOT NULL, number VARCHAR NOT NULL, title VARCHAR NOT NULL,
    presenter VARCHAR, presenter_handle VARCHAR, session VARCHAR, session_type VARCHAR,
    starts_at TIMESTAMP, embargo_lift_at TIMESTAMP, doi VARCHAR,
    nct VARCHAR[], trial VARCHAR[], drugs VARCHAR[], companies VARCHAR[],
    PRIMARY KEY (congress_id, number)
);
CREATE TABLE sessions (
    congress_id VARCHAR NOT NULL, session_id VARCHAR NOT NULL, title VARCHAR NOT NULL,
    starts_at TIMESTAMP NOT NULL, ends_at TIMESTAMP NOT NULL, kind VARCHAR,
    PRIMARY KEY (congress_id, session_id)
);

CREATE TABLE gaps (
    source VARCHAR NOT NULL, from_at TIMESTAMP NOT NULL, to_at TIMESTAMP, cause VARCHAR NOT NULL,
    status VARCHAR NOT NULL, noted_at TIMESTAMP NOT NULL,
    PRIMARY KEY (source, from_at)
);
CREATE TABLE health (
    source VARCHAR PRIMARY KEY, seen_at TIMESTAMP NOT NULL, state VARCHAR NOT NULL, detail VARCHAR NOT NULL,
    connected_since TIMESTAMP, last_data_at TIMESTAMP, last_event_at TIMESTAMP,
    reconnect_count BIGINT, dropped_count BIGINT, received_count BIGINT, queue_depth BIGINT
);
CREATE TABLE cursors (
    source VARCHAR PRIMARY KEY, position VARCHAR NOT NULL, event_at TIMESTAMP NOT NULL
);

-- what wins when two rows speak of the same thing
CREATE MACRO strength_of(rule) AS list_position(['hashtag', 'account', 'keyword', 'import', 'thread'], rule);
CREATE MACRO weight_of(likes, reposts, replies, quotes, impressions) AS
    (coalesce(likes, -1), coalesce(reposts, -1), coalesce(replies, -1), coalesce(quotes, -1), coalesce(impressions, -1));
-- a row with NULL in front would count as the greatest: say what a missing part means
CREATE MACRO newer_part(old_at, old_value, new_at, new_value) AS
    new_at IS NOT NULL AND (old_at IS NULL OR (new_at, new_value) > (old_at, old_value));
CREATE MACRO newer_profile(old_at, old_name, old_bio, new_at, new_name, new_bio) AS
    new_at IS NOT NULL AND (old_at IS NULL OR (new_at, coalesce(new_name, ''), coalesce(new_bio, ''))
                                            > (old_at, coalesce(old_name, ''), coalesce(old_bio, '')));

-- the role that held at a moment: a reviewer's word over the curated list over the rules, then the newest
CREATE MACRO role_at(moment) AS TABLE
    SELECT platform, author_id, role, confidence, evidence, credentials, specialty, rule, decided_by
    FROM roles
    WHERE decided_at <= moment
    QUALIFY row_number() OVER (
        PARTITION BY platform, author_id
        ORDER BY CASE decided_by WHEN 'rules' THEN 0 WHEN 'voices.csv' THEN 1 ELSE 2 END DESC, decided_at DESC
    ) = 1;
