-- what rose and who was told. Written by pipelines/store/fold_alerts.py; times of a rise are the congress's clock,
-- times of a delivery the machine's
CREATE TABLE alerts (
    alert_id VARCHAR PRIMARY KEY, congress_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, item VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL, noticed_at TIMESTAMP NOT NULL, last_seen_at TIMESTAMP NOT NULL,
    observed BIGINT NOT NULL, expected DOUBLE NOT NULL, p_value DOUBLE NOT NULL, q_value DOUBLE NOT NULL,
    peak BIGINT NOT NULL, started_by VARCHAR NOT NULL, post_ids VARCHAR[] NOT NULL,
    subject VARCHAR NOT NULL, body VARCHAR NOT NULL, state VARCHAR NOT NULL, reason VARCHAR NOT NULL
);
CREATE TABLE deliveries (
    alert_id VARCHAR NOT NULL, channel VARCHAR NOT NULL, state VARCHAR NOT NULL, attempts BIGINT NOT NULL,
    queued_at TIMESTAMP NOT NULL, next_at TIMESTAMP NOT NULL, changed_at TIMESTAMP NOT NULL, last_error VARCHAR NOT NULL,
    PRIMARY KEY (alert_id, channel)
);
