"""X as a source: the filtered stream where the key has it, else search on a schedule; gaps, money, upkeep.

stream thread -> events -> records ┐
search (polling, refilling gaps)   ├-> one bounded queue -> ``events``
look-ups, counts, compliance       ┘
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from datetime import datetime

from pipelines.clock import Clock, RealClock
from pipelines.congresses import Congress
from pipelines.errors import CongressError, SourceStopped
from pipelines.model import Arrival, Cursor
from pipelines.sources.x.api import Denied, Limited, XApi
from pipelines.sources.x.budget import PRICES, Ledger
from pipelines.sources.x.collect import Collecting
from pipelines.sources.x.forecast import FOUR_DAYS, Forecast, Shape, forecast, stretched
from pipelines.sources.x.gaps import SOURCE
from pipelines.sources.x.payload import parse
from pipelines.sources.x.reader import Reader, TooDear
from pipelines.sources.x.rules import search_queries
from pipelines.sources.x.settings import XSettings, stopped
from pipelines.sources.x.stream import Unreachable
from pipelines.sources.x.tasks import Tasks
from pipelines.sources.x.upkeep import Bios, Standing, TopPosts

_QUEUE = 1_000


class XSource:
    """The conversation on X around congresses, as a ``Source``.

    Args:
        token: from ``x_settings.bearer_token``; never shown.
        ledger: what was spent before, e.g. by an earlier process today.
        known_authors: author ids whose bio was read before.
        top_posts: asks the store for the posts of a UTC day by engagement; without it the source knows
            only those that passed through it.
        held_posts: asks the store for the ids of all X posts it holds, for the daily compliance job.
    """

    name = SOURCE

    def __init__(
        self,
        congresses: Sequence[Congress],
        token: str,
        settings: XSettings,
        *,
        ledger: Ledger | None = None,
        known_authors: Iterable[str] = (),
        top_posts: TopPosts | None = None,
        held_posts: Callable[[], Iterable[str]] | None = None,
        clock: Clock | None = None,
    ):
        self.congresses, self.settings = tuple(congresses), settings
        self.ledger = ledger or Ledger()
        self._token = token
        self._clock: Clock = clock or RealClock()
        self._known_authors = set(known_authors)
        self._top_posts, self._held_posts = top_posts, held_posts

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Arrival, None]:
        """Arrivals until cancelled.

        Raises:
            SourceStopped: the key is wrong or may read nothing, the rules do not fit, the budget is zero.
        """
        if self.settings.budget.monthly_usd <= 0:
            raise SourceStopped("the budget for X is $0, so nothing is read: give it more to follow X")
        out: asyncio.Queue[Arrival] = asyncio.Queue(_QUEUE)
        work = asyncio.create_task(self._work(cursor, out))
        try:
            while not work.done() or not out.empty():
                taking = asyncio.ensure_future(out.get())
                await asyncio.wait({taking, work}, return_when=asyncio.FIRST_COMPLETED)
                if taking.done():
                    yield taking.result()
                else:
                    taking.cancel()
            work.result()
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await work

    async def _work(self, cursor: Cursor | None, out: asyncio.Queue[Arrival]) -> None:
        """All tasks side by side; the first that fails ends them all."""
        standing, bios = Standing(), Bios(self._known_authors)
        reader = self._reader()
        collecting = Collecting(self.congresses, self.settings, reader, out, (standing.note, bios.note))
        tasks = Tasks(collecting, bios, self._top_posts or standing.top, self._held_posts)
        try:
            await collecting.resume(cursor)
            with contextlib.suppress(Unreachable, TooDear):
                await tasks.know_accounts()
            async with asyncio.TaskGroup() as group:
                for job in (collecting.run, *tasks.jobs()):
                    group.create_task(_coroutine(job))
        except Denied as denied:
            raise stopped(denied) from None
        except BaseExceptionGroup as failures:
            raise _clearest(failures) from None
        finally:
            reader.close()

    def _reader(self) -> Reader:
        """Where includes are billed, bios come once per author by look-up instead of with every post."""
        authors = () if self.settings.budget.includes_billed else ("author_id",)
        reposts = ("referenced_tweets.id",) if self.settings.reposts else ()
        api = XApi(self._token, self.settings.host, self._clock)
        return Reader(api, self.settings.budget, self.ledger, self._clock, (*authors, *reposts))


def forecast_congress(
    congress: Congress, token: str, settings: XSettings, now: datetime, shape: Shape = FOUR_DAYS
) -> Forecast:
    """What following a congress will bring and cost, from X's hourly counts of the last seven days.

    Costs $0.005 for each search query the congress needs (one, unless it has many terms). Blocks.

    Args:
        shape: of an earlier congress, from ``x_forecast.shape_of``.

    Raises:
        SourceStopped: the key is wrong or may not count.
        CongressError: X does not answer.
    """
    api = XApi(token, settings.host)
    try:
        pages = [api.counts(query.value, None, None, "hour") for query in search_queries([congress])]
    except Denied as denied:
        raise stopped(denied) from None
    except (Unreachable, Limited) as fault:
        raise CongressError(f"X does not answer ({fault}); try again later") from None
    finally:
        api.close()
    buckets = [bucket for page in pages for bucket in parse(page, now).buckets]
    days = (congress.ends_on - congress.starts_on).days + 1
    return forecast(buckets, congress.starts_on, now, stretched(shape, days), PRICES)


async def _coroutine(job: Callable) -> None:
    await job()


def _clearest(failures: BaseExceptionGroup) -> BaseException:
    """The one failure to tell: what a person must do comes before anything else."""
    flat = list(_flat(failures))
    for each in flat:
        if isinstance(each, SourceStopped):
            return each
    denied = next((each for each in flat if isinstance(each, Denied)), None)
    return stopped(denied) if denied else flat[0]


def _flat(group: BaseExceptionGroup) -> Iterable[BaseException]:
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _flat(each)
        else:
            yield each
