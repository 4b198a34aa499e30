-- engagement of a post: what its platform last counted, or what was seen to happen to it, whichever is more
-- (Bluesky tells every like and repost as it happens and is counted only at some ages; X counts, and tells no likes)
CREATE VIEW engagement_of AS
    WITH observed AS (
        SELECT platform, post_id, count(*) AS seen_count FROM (
            SELECT platform, post_id FROM likes
            UNION ALL
            SELECT platform, unnest([repost_of_id, reply_to_id, quoted_id]) AS post_id FROM posts
        ) WHERE post_id IS NOT NULL GROUP BY ALL
    )
    SELECT platform, post_id,
        greatest(coalesce(c.like_count, 0) + coalesce(c.repost_count, 0) + coalesce(c.reply_count, 0)
            + coalesce(c.quote_count, 0), coalesce(o.seen_count, 0)) AS engagement_count
    FROM counts c FULL JOIN observed o USING (platform, post_id);
