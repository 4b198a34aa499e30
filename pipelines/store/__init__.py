"""The DuckDB file and the one process that owns it: open, fold, serve the reads over loopback."""
