-- engagement as it was known at a moment: what a platform had counted by then, and what had been seen to happen by then

-- the newest sighting of each post up to the moment; the table counts is asked first, for it is right wherever nothing newer came
CREATE MACRO counts_at(moment) AS TABLE
    SELECT platform, post_id, seen_at, like_count, repost_count, reply_count, quote_count, impression_count
    FROM counts WHERE seen_at <= moment
    UNION ALL
    SELECT e.platform, e.post_id, e.seen_at, e.like_count, e.repost_count, e.reply_count, e.quote_count, e.impression_count
    FROM engagement e SEMI JOIN (FROM counts WHERE seen_at > moment) n USING (platform, post_id)
    WHERE e.seen_at <= moment
    QUALIFY row_number() OVER (PARTITION BY e.platform, e.post_id ORDER BY e.seen_at DESC) = 1;

-- as engagement_of, at a moment; reposts apart, for the t-index
CREATE MACRO engagement_at(moment) AS TABLE
    WITH observed AS (
        SELECT platform, post_id, count(*) AS seen_count, count(*) FILTER (repost) AS repost_count FROM (
            SELECT platform, post_id, false AS repost FROM likes WHERE created_at <= moment
            UNION ALL
            SELECT platform, unnest([repost_of_id, reply_to_id, quoted_id]) AS post_id, repost_of_id IS NOT NULL AS repost
            FROM posts WHERE created_at <= moment
        ) WHERE post_id IS NOT NULL GROUP BY ALL
    )
    SELECT platform, post_id,
        greatest(coalesce(c.like_count, 0) + coalesce(c.repost_count, 0) + coalesce(c.reply_count, 0)
            + coalesce(c.quote_count, 0), coalesce(o.seen_count, 0)) AS engagement_count,
        greatest(coalesce(c.repost_count, 0), coalesce(o.repost_count, 0)) AS repost_count
    FROM counts_at(moment) c FULL JOIN observed o USING (platform, post_id);
