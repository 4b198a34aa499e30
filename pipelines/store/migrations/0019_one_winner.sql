-- two rows that speak of the same moment have one winner, whichever comes first: every part that may differ is weighed, and
-- a missing part is less than an empty one
CREATE OR REPLACE MACRO profile_weight(seen, name, words, place) AS
    (seen, coalesce(name, ''), coalesce(words, ''), coalesce(place, ''), name IS NOT NULL, words IS NOT NULL, place IS NOT NULL);
CREATE OR REPLACE MACRO audience_weight(seen, followers, is_verified) AS
    (seen, followers, coalesce(is_verified::INTEGER, -1));
CREATE OR REPLACE MACRO role_weight(name, how_sure, proof, letters, field, why) AS
    (name, how_sure, coalesce(proof, []), coalesce(letters, []), coalesce(field, ''), why);

CREATE OR REPLACE MACRO newer_whole(old_at, old_name, old_words, old_place, new_at, new_name, new_words, new_place) AS
    new_at IS NOT NULL AND (old_at IS NULL OR profile_weight(new_at, new_name, new_words, new_place)
                                            > profile_weight(old_at, old_name, old_words, old_place));
CREATE OR REPLACE MACRO newer_audience(old_at, old_count, old_verified, new_at, new_count, new_verified) AS
    new_at IS NOT NULL AND (old_at IS NULL OR audience_weight(new_at, new_count, new_verified)
                                            > audience_weight(old_at, old_count, old_verified));
CREATE OR REPLACE MACRO stronger_match(new_rule, new_term, new_terms, old_rule, old_term, old_terms) AS
    (strength_of(new_rule), new_term, coalesce(new_terms, [])) < (strength_of(old_rule), old_term, coalesce(old_terms, []));
CREATE OR REPLACE MACRO word_on_health(seen, how, told, dropped, received, reconnects, queued) AS
    (seen, how, received, told, dropped, reconnects, queued);
