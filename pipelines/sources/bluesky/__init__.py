"""Bluesky: Jetstream followed live, profiles and counts asked of the public AppView. Start at ``source.py``."""
