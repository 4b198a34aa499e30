-- what was forgotten on request: who asked, what went, and that nothing of it is left; no word of it
CREATE TABLE certificates (done_at TIMESTAMP NOT NULL, certificate VARCHAR NOT NULL);
