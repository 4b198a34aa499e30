-- the moment from which a congress's posts are purged (congresses.yaml: retention_days after following ends)
ALTER TABLE congresses ADD COLUMN kept_until TIMESTAMP;
