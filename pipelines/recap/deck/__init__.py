"""The recap as a PowerPoint deck: native charts, speaker notes, a company's own template."""

from pipelines.recap.deck.write import write_deck

__all__ = ["write_deck"]
