"""DEMO 2026: a congress that never was, the same for a seed on every machine, which knows its own answers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from random import Random

from pipelines.congresses import Accounts, Company, Congress, Product
from pipelines.model import Abstract, Gap
from pipelines.sources.demo.aftermath import END, draw_aftermath
from pipelines.sources.demo.chance import shuffled
from pipelines.sources.demo.conversation import Conversation
from pipelines.sources.demo.events import Event, Payload, events_of
from pipelines.sources.demo.people import Account, draw_people
from pipelines.sources.demo.plan import OUTAGE, SOCIETY, Burst, draw_plan, in_order
from pipelines.sources.demo.posts import WorldPost
from pipelines.sources.demo.programme import CONGRESS_ID, FIRST_DAY, Speaker, draw_programme, local
from pipelines.sources.demo.science import companies, draw_trials, drugs, topics
from pipelines.sources.demo.specials import special_slots
from pipelines.sources.demo.truth import Truth, tell
from pipelines.sources.demo.writing import Writer

NAME = "DEMO 2026"
SOCIETY_NAME = "Simulated Society of Medicine"
START = local(1, "09:20")  # where a demo begins: day 2, shortly before an abstract takes off
_SPEAKERS_ON_X = 150


@dataclass(frozen=True, slots=True)
class BurstTruth:
    """A planted burst: the abstract that takes off, when, who started it, and who spoke of it when.

    ``joined`` holds (instant, author id) of every account's first post of it from the onset on, in order of time.
    """

    number: str
    onset: datetime
    starter_id: str
    starter_handle: str
    joined: tuple[tuple[datetime, str], ...]

    def authors_by(self, at: datetime) -> int:
        """Distinct accounts that had spoken of it by ``at``."""
        return bisect_right([when for when, _ in self.joined], at)


class World:
    """Everything that happens at the simulated congress, drawn from ``seed`` when it is made."""

    def __init__(self, seed: int = 2026):
        self.seed = seed
        rng = Random(seed)
        accounts, strangers = draw_people(rng)
        self._drugs = drugs()
        speakers = _speakers(rng, accounts)
        self.sessions, self._papers = draw_programme(rng, topics(), self._drugs, draw_trials(rng), speakers)
        plan = draw_plan(rng, accounts, self._papers)
        self.accounts = (*_with_society(accounts, plan.loud), *strangers)
        writer = Writer(rng, self._drugs, self.sessions)
        quiet = {*plan.loud, *(each.author for each in plan.absences)}
        extra = special_slots(rng, accounts, strangers, self._papers, self._drugs, writer, quiet)
        self._plan = replace(plan, slots=in_order(self.accounts, (*plan.slots, *extra)))
        self.posts: Sequence[WorldPost] = Conversation(rng, self.accounts, self._papers, self._plan, writer).fill()
        self._aftermath = draw_aftermath(rng, self.accounts, self._plan, self.posts)

    @property
    def begins(self) -> datetime:
        """Nothing happens before it."""
        return self.congress.follow_from

    @property
    def ends(self) -> datetime:
        """Nothing happens after it."""
        return END

    @property
    def abstracts(self) -> tuple[Abstract, ...]:
        return tuple(paper.abstract for paper in self._papers)

    @property
    def planned_bursts(self) -> tuple[Burst, ...]:
        return self._plan.bursts

    @cached_property
    def congress(self) -> Congress:
        return Congress(
            id=CONGRESS_ID,
            name=NAME,
            society=SOCIETY_NAME,
            city="Nowhere (simulated)",
            timezone="America/Chicago",
            starts_on=FIRST_DAY,
            ends_on=date(2026, 9, 17),
            hashtags=("demo26", "demo2026"),
            accounts=Accounts(x=(SOCIETY[0],), bluesky=(SOCIETY[1],)),
            products=tuple(Product(name=drug.name, aliases=(drug.code,), company=drug.company) for drug in self._drugs),
            companies=tuple(Company(name=name) for name in companies()),
            numbering="demo",
            days_before=1,
            days_after=1,
            simulated=True,
        )

    @cached_property
    def bursts(self) -> tuple[BurstTruth, ...]:
        """The planted bursts, by onset."""
        return tuple(self._burst_truth(burst) for burst in self._plan.bursts)

    @property
    def outage(self) -> Gap:
        """What one source never heard of, as the source would report it afterwards."""
        source, from_at, to_at = OUTAGE
        return Gap(source, from_at, to_at, "connection lost (simulated)", "open", to_at)

    def account_of(self, post: WorldPost) -> Account:
        return self.accounts[post.author]

    def truth(self, as_of: datetime, since: datetime | None = None) -> Truth:
        """The world's own answers about what was posted in [since, as_of], as things stand at ``as_of``."""
        return tell(
            as_of,
            since or self.begins,
            self.accounts,
            self.posts,
            self._aftermath.removals,
            self._plan.absences,
        )

    def payloads(self, start: datetime | None = None, end: datetime | None = None) -> Iterator[Payload]:
        """What the sources receive in [start, end), in order of time: (instant, "bluesky" or "x", bytes)."""
        first = 0 if start is None else bisect_left(self._instants, start)
        last = len(self._instants) if end is None else bisect_left(self._instants, end)
        for event in self._events[first:last]:
            yield from event.payloads()

    @cached_property
    def _events(self) -> list[Event]:
        return events_of(self.accounts, self.posts, self._aftermath, self._plan.absences)

    @cached_property
    def _instants(self) -> list[datetime]:
        return [event.at for event in self._events]

    def _burst_truth(self, burst: Burst) -> BurstTruth:
        first: dict[int, datetime] = {}
        for post in self.posts:
            if post.at >= burst.onset and post.collected and burst.number in self._spoken_of(post):
                first.setdefault(post.author, post.at)
        starter = self.accounts[burst.starter]
        joined = tuple(sorted((at, self.accounts[author].author_id) for author, at in first.items()))
        return BurstTruth(burst.number, burst.onset, starter.author_id, starter.handle, joined)

    def _spoken_of(self, post: WorldPost) -> set[str]:
        own = {each.number for each in post.named}
        return own | ({each.number for each in self.posts[post.parent].named} if post.parent is not None else set())


def _speakers(rng: Random, accounts: Sequence[Account]) -> list[Speaker]:
    """Who presents: some have an account on X, most are only names."""
    people = [each for each in accounts if each.role in ("hcp", "researcher") and not each.organisation]
    known = [each for each in shuffled(rng, people) if each.platform == "x" and each.told][:_SPEAKERS_ON_X]
    names = {_bare(each): each.handle for each in known}
    for each in shuffled(rng, people):
        names.setdefault(_bare(each), "")
    return shuffled(rng, [Speaker(name, handle or None) for name, handle in names.items() if len(name) > 7])


def _bare(account: Account) -> str:
    """The name without titles."""
    return account.display_name.split(",")[0].removeprefix("Dr. ").removeprefix("Dr ")


def _with_society(accounts: Sequence[Account], loud: Sequence[int]) -> list[Account]:
    """The society's own two accounts in their places; whoever is loud is followed by many."""
    on_x = loud[1]
    on_bluesky = next(i for i, each in enumerate(accounts) if each.platform == "bluesky" and each.role == "society")
    bio = "The society behind DEMO 2026. A simulated congress: no person, drug or trial here is real"
    found = list(accounts)
    for i in loud:
        found[i] = replace(accounts[i], followers_count=accounts[i].followers_count % 9_000 + 5_400)
    for i, handle in zip((on_x, on_bluesky), SOCIETY, strict=True):
        found[i] = replace(
            accounts[i],
            handle=handle,
            display_name=SOCIETY_NAME,
            bio=bio,
            location="Nowhere (simulated)",
            followers_count=48_210 if i == on_x else 6_120,
            person=accounts[on_x].person,
        )
    return found
