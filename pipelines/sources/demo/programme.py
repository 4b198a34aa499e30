"""The programme of the simulated congress: sessions, and 400 abstracts with invented drugs, trials and results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from pipelines.model import Abstract, Session
from pipelines.sources.demo.chance import between, pick, shuffled
from pipelines.sources.demo.science import Drug, Study, Topic, draw_study, headline

CONGRESS_ID = "demo-2026"
FIRST_DAY = date(2026, 9, 14)
ZONE = ZoneInfo("America/Chicago")
_EASTERN = ZoneInfo("America/New_York")
_UTC = ZoneInfo("UTC")
REGULAR_EMBARGO = datetime(2026, 9, 3, 13, 0)  # 09:00 Eastern

# kind, title, day, start, end (local), abstracts; {topic} becomes the session's field
_PROGRAMME = (
    ("plenary", "Plenary Scientific Session", 0, "10:30", "12:00", 6),
    *(("oral", "Oral Session: {topic}", 0, "09:00", "10:30", 7) for _ in range(2)),
    *(("oral", "Oral Session: {topic}", 0, "14:00", "15:30", 7) for _ in range(3)),
    *(("oral", "Oral Session: {topic}", 1, "09:00", "10:30", 7) for _ in range(3)),
    *(("oral", "Oral Session: {topic}", 1, "14:00", "15:30", 7) for _ in range(4)),
    *(("oral", "Oral Session: {topic}", 2, "09:00", "10:30", 7) for _ in range(3)),
    *(("oral", "Oral Session: {topic}", 2, "14:00", "15:30", 7) for _ in range(3)),
    *(("oral", "Oral Session: {topic}", 3, "10:00", "11:30", 7) for _ in range(2)),
    ("poster", "Poster Session I", 0, "12:00", "14:00", 38),
    ("poster", "Poster Session II", 0, "17:30", "19:30", 37),
    ("poster", "Poster Session III", 1, "12:30", "14:00", 38),
    ("poster", "Poster Session IV", 1, "17:30", "19:30", 37),
    ("poster", "Poster Session V", 2, "12:00", "14:00", 37),
    ("poster", "Poster Session VI", 2, "17:30", "19:30", 47),
    ("late-breaking", "Presidential Session", 1, "11:00", "12:30", 6),
    ("late-breaking", "Late-Breaking Abstracts I", 2, "11:00", "12:00", 7),
    ("late-breaking", "Late-Breaking Abstracts II", 3, "08:30", "09:45", 7),
    ("opening", "Opening Ceremony and Awards", 0, "08:00", "09:00", 0),
    ("education", "Education: Reading a Survival Curve without Crying", 0, "12:30", "13:30", 0),
    ("education", "Education: Supportive Care in {topic}", 1, "08:00", "09:00", 0),
    ("education", "Education: The Older Patient with {topic}", 1, "16:00", "17:00", 0),
    ("education", "Education: Equity in Trial Recruitment", 2, "08:00", "09:00", 0),
    ("education", "Education: Managing Toxicity in {topic}", 2, "16:00", "17:00", 0),
    ("education", "Meet the Editors", 3, "12:00", "13:00", 0),
    ("closing", "Highlights of the Congress", 3, "13:00", "14:00", 0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Results:
    """The invented figures of one study; a post quotes them, and every post quotes the same."""

    patients: int
    hazard_ratio: str
    median: str
    control: str
    response: int
    severe: int
    follow_up: str


@dataclass(frozen=True, slots=True)
class Paper:
    """An abstract with what its author, the audience and the writer of posts know of it."""

    abstract: Abstract
    topic: Topic
    gist: str
    results: Results
    kind: str  # of its session
    ends_at: datetime  # of its session
    drug: Drug | None = None
    trial: str | None = None

    @property
    def number(self) -> str:
        return self.abstract.number

    @property
    def starts_at(self) -> datetime:
        return self.abstract.starts_at or self.ends_at


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who presents; the handle only if the speaker has an account on X."""

    name: str
    handle: str | None = None


def local(day: int, clock: str) -> datetime:
    """Naive UTC of a local wall time (``"09:20"``) on a congress day (0 = the first)."""
    wall = datetime.combine(FIRST_DAY + timedelta(days=day), time.fromisoformat(clock), ZONE)
    return wall.astimezone(_UTC).replace(tzinfo=None)


def draw_programme(
    rng: Random, topics: Sequence[Topic], drugs: Sequence[Drug], trials: Sequence[str], speakers: Sequence[Speaker]
) -> tuple[tuple[Session, ...], tuple[Paper, ...]]:
    """Sessions in order of their start, papers in order of their number; every speaker presents once."""
    sessions, papers = [], []
    fields = iter(shuffled(rng, topics) * 2)
    names, acronyms = iter(speakers), iter(trials)
    regular, late, titles = 0, 0, set[str]()
    for place, (kind, title, day, start, end, count) in enumerate(_PROGRAMME):
        topic = next(fields) if "{topic}" in title else None
        session = Session(
            CONGRESS_ID,
            f"S{place + 1:02d}",
            title.format(topic=headline(topic.disease) if topic else ""),
            local(day, start),
            local(day, end),
            kind,
        )
        sessions.append(session)
        for slot in range(count):
            regular, late = (regular, late + 1) if kind == "late-breaking" else (regular + 1, late)
            number = f"LBA-{late}" if kind == "late-breaking" else str(regular)
            study = draw_study(rng, kind, topic or pick(rng, topics), drugs, acronyms)
            while study.title in titles:  # no two abstracts of a congress share a title
                study = draw_study(rng, kind, topic or pick(rng, topics), drugs, acronyms)
            titles.add(study.title)
            papers.append(_paper(rng, number, session, slot, count, study, next(names)))
    return tuple(sorted(sessions, key=lambda s: (s.starts_at, s.session_id))), tuple(papers)


def _paper(rng: Random, number: str, session: Session, slot: int, count: int, study: Study, speaker: Speaker) -> Paper:
    kind = session.kind or ""
    talk = (session.ends_at - session.starts_at) / count
    starts_at = session.starts_at if kind == "poster" else session.starts_at + slot * talk
    serial = 210_000 + 37 * slot + 2003 * int(session.session_id[1:])
    abstract = Abstract(
        congress_id=CONGRESS_ID,
        number=number,
        title=study.title,
        presenter=speaker.name,
        presenter_handle=speaker.handle,
        session=session.title,
        session_type=kind,
        starts_at=starts_at.replace(microsecond=0),
        embargo_lift_at=_embargo(kind, session.starts_at),
        doi=f"10.5555/demo-2026-{serial}",  # 10.5555 is Crossref's prefix for tests: no real paper has it
        nct=(f"NCT09{serial + 400_000}",) if study.trial else (),  # not given out for years to come
        trial=(study.trial,) if study.trial else (),
        drugs=(study.drug.name,) if study.drug else (),
        companies=(study.drug.company,) if study.drug else (),
    )
    return Paper(abstract, study.topic, study.gist, _results(rng, kind), kind, session.ends_at, study.drug, study.trial)


def _embargo(kind: str, session_starts_at: datetime) -> datetime:
    """Regular abstracts 09:00 Eastern eleven days before; plenary and late-breaking 08:00 Eastern on the day."""
    if kind not in ("plenary", "late-breaking"):
        return REGULAR_EMBARGO
    day = session_starts_at.date()
    return datetime.combine(day, time(8), _EASTERN).astimezone(_UTC).replace(tzinfo=None)


def _results(rng: Random, kind: str) -> Results:
    control = between(rng, 38, 190)
    ratio = between(rng, 41, 93)
    median = control * 100 // ratio
    return Results(
        patients=between(rng, 46, 240) if kind == "poster" else between(rng, 180, 1212),
        hazard_ratio=f"0.{ratio}",
        median=f"{median // 10}.{median % 10}",
        control=f"{control // 10}.{control % 10}",
        response=between(rng, 28, 91),
        severe=between(rng, 9, 58),
        follow_up=f"{between(rng, 9, 61)}.{between(rng, 0, 9)}",
    )
