"""One file a page. Each: what it asks, then empty, stale and broken, then the drawing."""
