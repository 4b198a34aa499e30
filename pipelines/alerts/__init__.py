"""A rise is told to people: once, at a fit hour, and with what became of the telling.

trending.rises -> plan (who is told what, pure) -> store -> delivery (Apprise, the only importer) -> store
"""
