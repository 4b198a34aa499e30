"""Past one machine: the log of what was folded as DuckLake tables, in PostgreSQL and Parquet; many hosts write and read it.

collector -> its own file -> outbox -> Publisher -> lake -> Follower -> a mirror's own file -> the same reads and pages
"""
