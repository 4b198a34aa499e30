-- what congresses.yaml tracks, as it stood when the collector last started
CREATE TABLE tracked (
    congress_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, name VARCHAR NOT NULL, aliases VARCHAR[], company VARCHAR,
    PRIMARY KEY (congress_id, kind, name)
);

-- a post names a product or company: one row for each name. Written by pipelines/store/fold_products.py;
-- a purge removes it with the post
CREATE TABLE product_mentions (
    congress_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, name VARCHAR NOT NULL, platform VARCHAR NOT NULL,
    post_id VARCHAR NOT NULL, author_id VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL,
    rule VARCHAR NOT NULL, evidence VARCHAR NOT NULL, span_start INTEGER NOT NULL, span_end INTEGER NOT NULL,
    inherited_from VARCHAR, revision VARCHAR NOT NULL, visible BOOLEAN NOT NULL,
    PRIMARY KEY (congress_id, kind, name, platform, post_id)
);

-- all that can be counted against its like, by what a post says: tracked names, the drugs and trials of the abstracts it
-- speaks of (by any evidence; a post may stand here several times for one name), and its hashtags
CREATE VIEW topics AS
    SELECT congress_id, kind, name, platform, post_id, author_id, created_at, inherited_from IS NOT NULL AS inherited
    FROM product_mentions SEMI JOIN tracked USING (congress_id, kind, name) WHERE visible
    UNION ALL
    SELECT s.congress_id, 'drug', unnest(a.drugs), s.platform, s.post_id, s.author_id, s.created_at, s.inherited_from IS NOT NULL
    FROM spoken_of s JOIN abstracts a ON a.congress_id = s.congress_id AND a.number = s.number WHERE s.visible
    UNION ALL
    SELECT s.congress_id, 'trial', unnest(a.trial), s.platform, s.post_id, s.author_id, s.created_at, s.inherited_from IS NOT NULL
    FROM spoken_of s JOIN abstracts a ON a.congress_id = s.congress_id AND a.number = s.number WHERE s.visible
    UNION ALL
    SELECT m.congress_id, 'hashtag', unnest(p.hashtags), m.platform, m.post_id, m.author_id, m.created_at, m.kind = 'repost'
    FROM matches m JOIN posts p USING (platform, post_id) WHERE m.visible;
