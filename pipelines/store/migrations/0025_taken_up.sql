-- who took up whom: each post, quote, reply and name in a matched post with the author it leads to, so that a ranking of voices reads
-- one table instead of joining with all posts. taken_number is NULL while the post that is taken up is not there (it may come later,
-- or be purged); target_number is NULL where a post names the author. What there has to be is what taken_up_now says; fold_taken_up.py
-- keeps the rows so in every transaction
CREATE VIEW taken_up_now AS
    SELECT m.congress_id, m.post_number, m.author_number, m.created_at, m.visible, m.target_number, p.author_number AS taken_number
    FROM (SELECT *, unnest([repost_of_number, quoted_number, reply_to_number]) AS target_number FROM matches) m
    LEFT JOIN posts p ON p.post_number = m.target_number WHERE m.target_number IS NOT NULL
    UNION ALL
    SELECT m.congress_id, m.post_number, m.author_number, m.created_at, m.visible, NULL::BIGINT, n.taken_number
    FROM matches m JOIN (SELECT post_number, unnest(mentioned_numbers) AS taken_number FROM posts) n USING (post_number);
CREATE TABLE taken_up AS FROM taken_up_now ORDER BY created_at;
