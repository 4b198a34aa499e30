"""Files people bring: recordings of X and Bluesky, compliance results, CSV exports. Start at ``source.py``."""
