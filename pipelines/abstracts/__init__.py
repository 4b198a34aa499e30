"""Which abstracts does this post talk about, and by what evidence? Pure functions over a catalogue.

Tier 1: a number, DOI or NCT id. Tier 2: a trial's name. Tier 3: the title's matter, or the presenter.
"""

from pipelines.abstracts.catalogue import read_catalogue, unknown_columns
from pipelines.abstracts.linker import Linker, inherited
from pipelines.abstracts.posts_file import link_posts

__all__ = ["Linker", "inherited", "link_posts", "read_catalogue", "unknown_columns"]
