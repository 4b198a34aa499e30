-- Times are naive UTC. Ids are text. Rows are written by pipelines/store/fold.py and by nothing else.
-- matches and abstract_mentions repeat created_at, author_id and kind of their post, so that the
-- dashboard's figures need no join to posts; a purge removes them with the post.

CREATE TABLE posts (
    platform VARCHAR NOT NULL, post_id VARCHAR NOT NULL, revision VARCHAR NOT NULL,
    author_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, text VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL, retrieved_at TIMESTAMP NOT NULL,
    lang VARCHAR, url VARCHAR, reply_to_id VARCHAR, quoted_id VARCHAR, repost_of_id VARCHAR,
    conversation_id VARCHAR, hashtags VARCHAR[], links VARCHAR[], mentioned_ids VARCHAR[],
    PRIMARY KEY (platform, post_id)
);

CREATE TABLE authors (
    platform VARCHAR NOT NULL, author_id VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL,
    handle VARCHAR, display_name VARCHAR, bio VARCHAR, location VARCHAR,
    followers_count BIGINT, verified BOOLEAN,
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
    inherited_from VARCHAR, state VARCHAR NOT NULL, visible BOOLEAN NOT NULL,
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
