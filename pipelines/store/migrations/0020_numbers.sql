-- an author or a post by number, where many are told apart or joined: 63 bits, so that it fits a signed one everywhere
CREATE MACRO number_of(platform, id) AS (hash(platform, id) >> 1)::BIGINT;
