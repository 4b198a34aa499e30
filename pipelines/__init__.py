"""Everything that runs without a screen: sources, matching, abstracts, roles, the store and its reads."""
