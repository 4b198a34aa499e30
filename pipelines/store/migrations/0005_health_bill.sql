-- what a billed source has cost this month, beside its state
ALTER TABLE health ADD COLUMN spent_usd DOUBLE;
ALTER TABLE health ADD COLUMN budget_usd DOUBLE;
