"""Which abstract somebody would post about at a given moment: what is on stage, then what was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from pipelines.sources.demo.chance import Urn, pick
from pipelines.sources.demo.programme import Paper

_STEP = timedelta(minutes=10)
_DRAW = {"late-breaking": 1.7, "plenary": 1.7, "oral": 1.6, "poster": 0.5}


class Agenda:
    """Draws abstracts by the clock. Nothing is drawn before its embargo lifts."""

    def __init__(self, papers: Sequence[Paper], takes_off: Sequence[str]):
        """``takes_off``: numbers left to the bursts; nobody brings them up earlier."""
        self._papers = [paper for paper in papers if paper.number not in takes_off]
        self._by_step: dict[int, Urn[int]] = {}
        self._began = min(paper.starts_at for paper in papers) - timedelta(days=3)

    def draw(self, rng: Random, at: datetime, topic: str) -> Paper:
        """Mostly what is on now; more so in the author's own field."""
        urn = self._urn((at - self._began) // _STEP)
        paper = self._papers[urn.draw(rng)]
        if paper.topic.key != topic and rng.random() < 0.5:
            return self._papers[urn.draw(rng)]
        return paper

    def neighbour(self, rng: Random, paper: Paper) -> Paper:
        """Another abstract of the same session."""
        same = [p for p in self._papers if p.abstract.session == paper.abstract.session and p is not paper]
        return pick(rng, same) if same else paper

    def _urn(self, step: int) -> Urn[int]:
        if step not in self._by_step:
            at = self._began + step * _STEP
            weights = {i: _weight(paper, at) for i, paper in enumerate(self._papers)}
            self._by_step[step] = Urn({i: weight for i, weight in weights.items() if weight})
        return self._by_step[step]


def _weight(paper: Paper, at: datetime) -> float:
    lifts_at = paper.abstract.embargo_lift_at
    if lifts_at and at < lifts_at:
        return 0
    draw, since = _DRAW.get(paper.kind, 1.0), at - paper.starts_at
    if timedelta(minutes=-20) <= since <= timedelta(minutes=50):
        return draw
    if timedelta() < since <= timedelta(hours=8):
        return draw / 9
    return draw / (60 if since > timedelta() else 120)
