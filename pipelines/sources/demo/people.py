"""Who takes part: 3,000 invented accounts with true roles, from many places, in several languages."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from random import Random

from pipelines.model import RoleName
from pipelines.sources.demo.chance import Urn, between, pick, spread
from pipelines.sources.demo.handles import BLUESKY_ZONE, Handles
from pipelines.sources.demo.science import Topic, companies, headline, topics
from pipelines.sources.demo.words import book

ACCOUNTS = 3_000
STRANGERS = 110
ON_BOTH = 142  # people with an account on each platform, who say so
ROLE_SHARES: dict[RoleName, float] = {
    "hcp": 30, "researcher": 14, "patient_advocate": 11, "society": 2.5, "pharma": 10,
    "media": 6, "institution": 7.5, "other": 19,
}  # fmt: skip
SPECIALTIES = {
    "oncology": 34, "haematology": 26, "surgery": 6, "urology": 4, "radiation": 6, "nursing": 8,
    "pharmacy": 6, "pathology": 3, "paediatrics": 3, "palliative": 2, "gynoncology": 2,
}  # fmt: skip
_CREDENTIALS = {
    "nursing": ("RN", "RN, OCN", "NP", "MSN, RN", "DNP"),
    "pharmacy": ("PharmD", "PharmD, BCOP"),
}
_PHYSICIAN = ("MD", "MD", "MD, PhD", "MD MPH", "MBBS", "DO", "MBChB", "MD, FACP")
_GENDERED = re.compile(r"\[(.*?)\|(.*?)\]")  # [Oncólogo|Oncóloga]
_TONGUES = ("de", "fr", "es", "pt", "it", "ja")  # languages the word lists have phrases in


@dataclass(frozen=True, slots=True)
class Account:
    """One account, and what is true of whoever holds it.

    ``told`` says whether name or bio tell the role; ``declared`` adds the HCPs whose handle ends in MD. Nobody can
    know an HCP who keeps it to themselves.
    """

    platform: str
    author_id: str
    handle: str
    display_name: str
    bio: str
    location: str
    followers_count: int
    person: int
    role: RoleName
    specialty: str | None
    told: bool
    lang: str
    organisation: bool
    topic: Topic
    company: str | None = None

    @property
    def declared(self) -> bool:
        """Whether the profile tells the role to whoever reads it all."""
        stem = self.handle.removesuffix(f".{BLUESKY_ZONE}")
        return self.told or (self.role == "hcp" and stem.lower().endswith("md"))


@dataclass(frozen=True, slots=True)
class Culture:
    name: str
    lang: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    places: tuple[str, ...]
    women: tuple[str, ...]


def draw_people(rng: Random) -> tuple[tuple[Account, ...], tuple[Account, ...]]:
    """Every account, X first, and strangers who post about other things.

    The same person's two accounts name each other.
    """
    people = ACCOUNTS - ON_BOTH
    handles, found = Handles(rng), []
    roles = [
        role
        for role, count in zip(ROLE_SHARES, spread(people, list(ROLE_SHARES.values())), strict=True)
        for _ in range(count)
    ]
    cultures, specialties = _cultures(), Urn(SPECIALTIES)
    on_x = spread(people - ON_BOTH, (75, 20))[0]
    mixed = sorted(range(people), key=lambda _: rng.random())
    for place, i in enumerate(mixed):
        account = _draw_account(rng, i, roles[i], cultures.draw(rng), specialties)
        if place < on_x:
            found.append(_on(account, "x", rng, handles))
        elif place < people - ON_BOTH:
            found.append(_on(account, "bluesky", rng, handles))
        else:
            found += _on_both(account, rng, handles)
    strangers = (_draw_account(rng, people + i, "other", cultures.draw(rng), specialties) for i in range(STRANGERS))
    return (
        tuple(sorted(found, key=lambda each: (each.platform != "x", each.person))),
        tuple(_on(each, "x" if i < 9 else "bluesky", rng, handles) for i, each in enumerate(strangers)),
    )


def _draw_account(rng: Random, person: int, role: RoleName, culture: Culture, specialties: Urn[str]) -> Account:
    """An account without platform, handle and id yet."""
    lang = culture.lang if culture.lang != "en" and rng.random() < 0.55 else "en"
    specialty = specialties.draw(rng) if role == "hcp" else None
    topic, company = pick(rng, _fields(role)), pick(rng, companies())
    shy = rng.random() < {"hcp": 0.08, "society": 0, "institution": 0}.get(role, 0.12)
    line = pick(rng, _bio_lines("any" if shy else role, specialty, lang))
    place, name = pick(rng, culture.places), _name(rng, culture)
    form = 2 if name.split()[0] in culture.women else 1
    slots = _slots(rng, topic, company, lang) | {"place": place, "last": name.split()[-1]}
    title, _, text = line.rpartition(" ~ ")
    shown = title.format(**slots) if title else _titled(rng, name, role, specialty, shy)
    return Account(
        platform="",
        author_id="",
        handle="",
        display_name=shown,
        bio=" ".join(_GENDERED.sub(rf"\{form}", text).format(**slots).split()).strip(" |."),
        location=place if rng.random() < 0.8 else "",
        followers_count=_followers(rng, bool(title)),
        person=person,
        role=role,
        specialty=specialty,
        told=not shy or shown != name,
        lang=lang if role != "society" else "en",
        organisation=bool(title),
        topic=topic,
        company=company if role == "pharma" else None,
    )


def _fields(role: RoleName) -> tuple[Topic, ...]:
    """What somebody may be about; the word lists speak of patients as people with cancer."""
    return tuple(topic for topic in topics() if role != "patient_advocate" or not topic.benign)


def _bio_lines(kind: str, specialty: str | None, lang: str) -> tuple[str, ...]:
    bios = book("bios")
    if kind == "any":
        return bios["shy"]["any"]
    if kind != "hcp":
        return bios["roles"][kind]
    if lang in _TONGUES and specialty in ("oncology", "haematology", "surgery"):
        return bios["hcp_local"][lang]
    return bios["hcp"][specialty]


def _slots(rng: Random, topic: Topic, company: str, lang: str) -> dict[str, str]:
    bios = book("bios")
    listed = {name: bios[plural].split(";") for name, plural in _LISTED}
    slots = {name: pick(rng, values) for name, values in listed.items()}
    inst = (
        bios["house_of"].get(lang) or f"{pick(rng, bios['estates'].split(';'))} {pick(rng, bios['houses'].split(';'))}"
    )
    return slots | {
        "inst": inst,
        "word": topic.word,
        "Word": topic.word[0].upper() + topic.word[1:],
        "WORD": headline(topic.word),
        "company": company,
        "hobby": (hobby := pick(rng, bios["hobbies"])),
        "hobby2": hobby[0].lower() + hobby[1:],
        "Subject": slots["subject"][0].upper() + slots["subject"][1:],
        "year": str(between(rng, 2009, 2025)),
        "age": str(between(rng, 24, 68)),
        "small": str(between(rng, 2, 5)),
        "disc": pick(rng, bios["disclaimers"]),
    }


_LISTED = (
    ("region", "regions"),
    ("field", "fields"),
    ("masthead", "mastheads"),
    ("paper", "papers"),
    ("subject", "subjects"),
    ("tongue", "tongues"),
)


def _name(rng: Random, culture: Culture) -> str:
    first, last = pick(rng, culture.first), pick(rng, culture.last)
    if culture.lang == "ja":
        return f"{last} {first}"
    style = rng.random()
    if style < 0.1:
        return f"{first} {last[0]}."
    return f"{first[0]}. {last}" if style < 0.16 else f"{first} {last}"


def _titled(rng: Random, name: str, role: RoleName, specialty: str | None, shy: bool) -> str:
    chance = rng.random()
    if role == "hcp" and specialty is not None:
        if chance < (0.3 if shy else 0.4):
            return f"{name}, {pick(rng, _CREDENTIALS.get(specialty, _PHYSICIAN))}"
        if chance < 0.55 and not shy and specialty not in _CREDENTIALS:
            return f"Dr. {name}"
    elif role == "researcher" and not shy and chance < 0.4:
        return f"{name}, PhD" if chance < 0.32 else f"Dr {name}"
    return name


def _followers(rng: Random, organisation: bool) -> int:
    luck = rng.random()
    return 25 + int(luck * luck * luck * luck * (42_000 if organisation else 9_000)) + between(rng, 0, 400)


def _on(account: Account, platform: str, rng: Random, handles: Handles) -> Account:
    draw = handles.on_x if platform == "x" else handles.on_bluesky
    author_id = handles.x_id() if platform == "x" else handles.did()
    handle = draw(account.display_name, account.role, account.organisation)
    return replace(account, platform=platform, author_id=author_id, handle=handle)


def _on_both(account: Account, rng: Random, handles: Handles) -> list[Account]:
    on_x, on_bluesky = _on(account, "x", rng, handles), _on(account, "bluesky", rng, handles)
    return [
        replace(on_x, bio=f"{on_x.bio} | also {on_bluesky.handle}".strip(" |")),
        replace(
            on_bluesky,
            bio=f"{on_bluesky.bio} | X: @{on_x.handle}".strip(" |"),
            followers_count=on_x.followers_count // 5,
        ),
    ]


def _cultures() -> Urn[Culture]:
    weights = {}
    for name, lists in book("names").items():
        first, last = (tuple(word.replace("_", " ") for word in lists[key].split()) for key in ("first", "last"))
        places = tuple(lists["places"].split(";"))
        weights[Culture(name, lists["lang"], first, last, places, tuple(lists.get("women", "").split()))] = lists[
            "share"
        ]
    return Urn(weights)
