"""DEMO 2026: a seeded simulated congress that emits real payloads and knows its own answers.

Nothing in it is real: every person, handle, drug, company, trial, number and text is invented.
"""

from pipelines.sources.demo.source import SPEED, DemoSource
from pipelines.sources.demo.truth import TrueMention, Truth
from pipelines.sources.demo.world import START, BurstTruth, World

__all__ = ["SPEED", "START", "BurstTruth", "DemoSource", "TrueMention", "Truth", "World"]
