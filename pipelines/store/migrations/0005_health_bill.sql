-- of two words on one gap the newer holds; of one moment's there is one winner, whatever the order
CREATE MACRO word_on_gap(noted, state, ended, why) AS
    (noted, state, coalesce(ended, TIMESTAMP '1970-01-01'), why);

-- what a billed source has cost this month, beside its state
ALTER TABLE health ADD COLUMN spent_usd DOUBLE;
ALTER TABLE health ADD COLUMN budget_usd DOUBLE;
