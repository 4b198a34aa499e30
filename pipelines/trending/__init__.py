"""What is taking off: more distinct authors in half an hour than pace, share and session let expect.

gather (SQL) -> assess each minute (expectation, tail, q-values) -> step (hysteresis) -> telling (who, which posts)
"""

from pipelines.trending.assess import Assessed, Talk, assess
from pipelines.trending.gather import KINDS, Kind
from pipelines.trending.hysteresis import Rising, step
from pipelines.trending.read import rises, trending
from pipelines.trending.telling import Rise

__all__ = ["KINDS", "Assessed", "Kind", "Rise", "Rising", "Talk", "assess", "rises", "step", "trending"]
