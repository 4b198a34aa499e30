"""Recaps to lay out in tests: a rich one, a hostile one, an empty one. Every name, product and figure is invented."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa

from pipelines.recap import clean
from pipelines.recap.model import (
    POST_LINKS,
    AbstractRow,
    Comparison,
    Day,
    Definition,
    Finding,
    Gap,
    Hour,
    Kpi,
    Link,
    Peak,
    PostRow,
    Provenance,
    Recap,
    RoleShare,
    Session,
    SourceState,
    Topic,
    Voice,
)

START = datetime(2026, 9, 13, 5)  # midnight in Chicago
HOURS = 120
_PACE = (1, 1, 1, 1, 2, 4, 9, 14, 16, 15, 18, 22, 20, 17, 19, 16, 13, 10, 7, 5, 4, 3, 2, 1)  # by local hour
_BUSY = (0.15, 1.0, 1.6, 1.2, 0.5)  # by day
_NAMES = (
    "Ingrid Solvang", "Mateo Quiroga", "Aisha Rahmani", "Lukas Brandt", "Chiara Montefusco", "Noor van Dijk", "Pierre-Alain Kerboul",
    "Yuki Tanabe 田辺", "Samir Haddad", "Olena Kravets", "Tomás Echeverría", "Grace Oyelaran",
)  # fmt: skip
_SPECIALTIES = ("Haematology", "Oncology", "Transplantation", "Nursing", "Pharmacy", "")
_STUDIES = (
    ("LBA-02", "Velantib with standard of care in newly diagnosed multiple myeloma: primary analysis of AURORA-7", "AURORA-7", "velantib", "Aldera", 412),
    ("A-101", "Orsimab in relapsed follicular lymphoma: three-year safety follow-up", "NORDLYS-3", "orsimab", "Corvance", 287),
    ("LBA-04", "Fixed-duration tezolimus in treatment-naïve chronic lymphocytic leukaemia", "HALDEN-2", "tezolimus", "Helixio", 251),
    ("A-118", "MRD-guided discontinuation after first-line therapy", "", "", "", 176),
    ("B-420", "Real-world outcomes of CAR T cells in patients over 75 years", "", "", "", 148),
    ("A-205", "Time to next treatment with bispecific antibodies", "TIDEMARK", "danacept", "Norvane", 132),
    ("A-131", "Luspatercept analogues in low-risk MDS: pooled analysis", "", "ibrelimab", "Quillon", 117),
    ("B-877", "Patient-reported fatigue after discharge: a diary study in 14 hospitals", "", "", "", 96),
    ("A-207", "Oral iron every other day in heavy menstrual bleeding", "FERRUM-9", "", "", 71),
    ("B-015", "Emergency visits after outpatient transplantation", "", "", "", 54),
)  # fmt: skip
_SAID = (
    "LBA-02: primary end point met. What I want to see next is the subgroup over 75 and the infections table. #DEMO26",
    "Fixed duration works in a real clinic only if we can measure MRD everywhere. In my region two of nine hospitals can. #DEMO26",
    "A-101 at three years: no new safety signal, cytopenias as before. Thanks to the nurses who kept the diaries. #DEMO26",
    "Standing room only for the plenary.\n\nSecond slide of A-118 answers the question from last year: stop when MRD-negative for 12 months. #DEMO26",
    "Poster B-420 deserves a bigger room: 214 people over 75, most went home within two weeks. #DEMO26",
    "Slides are good, the discussion is better. LBA-04 #DEMO26",
)  # fmt: skip
_ASKED = (
    "How were deaths before first assessment handled in LBA-02? #DEMO26",
    "Does anyone know whether A-205 allowed crossover? #DEMO26",
    "What was the median follow-up in A-101 for the older cohort? #DEMO26",
    "Is MRD by flow enough to stop, or sequencing only? A-118 #DEMO26",
)


def example() -> Recap:
    """Five days of a middling congress: every field filled, every sum right."""
    hours = _hours()
    posts, by_hcps = sum(each.post_count for each in hours), sum(each.hcp_post_count for each in hours)
    days = _days(hours)
    return Recap(
        provenance=_provenance(),
        kpis=_kpis(posts, by_hcps),
        findings=_findings(posts, by_hcps),
        hours=hours,
        peaks=_peaks(hours),
        sessions=_sessions(),
        days=days,
        roles=_roles(posts, by_hcps),
        voices=_voices(),
        abstracts=_abstracts(),
        topics=_topics(),
        notable=tuple(_post(i, text) for i, text in enumerate(_SAID)),
        questions=tuple(_post(50 + i, text) for i, text in enumerate(_ASKED)),
        links=tuple(Link(f"https://journal.example/doi/10.5555/demo.{i}", 64 - 5 * i) for i in range(10)),
        gaps=(
            Gap("x", START + timedelta(hours=57, minutes=20), START + timedelta(hours=57, minutes=55), "the connection broke and could not be taken up again", "partial"),
            Gap("bluesky", START + timedelta(hours=81), START + timedelta(hours=81, minutes=12), "no host answered", "filled"),
        ),
        sources=(SourceState("bluesky", posts - posts // 2, 1, 12.0), SourceState("x", posts // 2, 1, 35.0)),
        definitions=(
            Definition("Posts", "Unique posts. Originals, reposts, quotes and replies are told apart."),
            Definition("HCP author share", "Authors recognised as health-care professionals, of all authors."),
            Definition("HCP post share", "Posts by health-care professionals, of all posts."),
            Definition("Share of voice", "Posts naming an item, of all posts naming any tracked item of the same kind."),
            Definition("Engagements", "Likes, reposts, replies and quotes of a post as last seen."),
        ),
        limits=(
            "Posts without the followed hashtags, accounts or words were not collected.",
            "Private groups, LinkedIn and people who did not post are not seen.",
            "No figure says whether people agree, or whether data are good.",
        ),
        comparison=Comparison("demo-2025", "DEMO 2025", tuple(round(each.post_count * 0.82) for each in hours)),
        full_post_count=len(_SAID) + len(_ASKED),
        post_links=_post_links(400),
        unlisted_count=77,
    )  # fmt: skip


def empty() -> Recap:
    """A congress of which nothing was collected: no row anywhere, every figure nought."""
    rich = example()
    nothing: dict[str, Any] = {each.name: () for each in fields(Recap) if isinstance(getattr(rich, each.name), tuple)}
    kpis = tuple(
        replace(each, value=0, whole=None if each.whole is None else 0, before=None, before_whole=None)
        for each in rich.kpis
    )
    hours = tuple(replace(each, post_count=0, hcp_post_count=0, collected=True) for each in rich.hours)
    provenance = replace(rich.provenance, platforms=(), coverage_line="Nothing was collected in this window.")
    kept = {"kpis": kpis, "hours": hours, "provenance": provenance, "definitions": rich.definitions}
    return replace(
        rich, **{**nothing, **kept, "limits": rich.limits}, comparison=None, full_post_count=0,
        post_links=POST_LINKS.empty_table(), unlisted_count=0,
    )  # fmt: skip


HOSTILE_NAMES = (
    '=HYPERLINK("http://evil.example","Dr Ann Lee")', "@SUM(1+9)*cmd|' /C calc'!A0", "<script>alert(1)</script>", "\u202eeeL nnA rD",
    "Dr \x00\x0b\x1b[31m Null", "👩🏽‍⚕️ Prof. 🧬 " + "Öztürk-" * 60, "\ud800 lone \udfff", "[click](javascript:alert(1))", "د. سمير حداد", "",
    "\ufffe\uffff\U0001fffe noncharacters", "_x000D_ {{ 7*7 }} ${7*7} #let x = 1; $ \\ \" ' `",
)  # fmt: skip
HOSTILE_TEXTS = (
    "=cmd|' /C calc'!A0 #DEMO26", "+1 @everyone\t-2+3", "</text><script>alert(document.cookie)</script><img src=x onerror=alert(1)>",
    "بيانات السلامة لثلاث سنوات من LBA-02 مهمة جدا #DEMO26", "\u202e\u2066 reversed \u2069\u202c \x07 bell \ufeff", "🧬" * 4000,
    "A very long thought. " * 1500, "no_spaces" * 3000, "| a | b |\n|---|---|\n# heading\n* item _x000D_ &lt;b&gt; ]]> <![CDATA[", "Zalgo " + "e\u0301\u0323" * 500,
    "https://a.example/" + "x" * 3000, "#let evil = read(\"/etc/passwd\") $ x^2 $ `code` \\u{1F600} @label <label>",
)  # fmt: skip
HOSTILE_LINKS = (
    "javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "file:///etc/passwd", "https://user:pw@evil.example/",
    "https://ok.example/a?b=1&c=%3Cscript%3E", "http://[bad", "https://long.example/" + "x" * 3000, "  https://ok.example/spaces  ",
    "vbscript:x", "//scheme.less", "https://evil.example/\"onmouseover=alert(1)", "https://ok.example/ü?q=é",
)  # fmt: skip


def hostile() -> Recap:
    """The rich recap with everything that people write set to what an attacker would write, cleaned as ``build`` cleans."""
    rich = example()
    names = [clean.line(each, clean.NAME) for each in HOSTILE_NAMES]
    titles = [clean.line(each) for each in (*HOSTILE_NAMES, *HOSTILE_TEXTS)]
    texts = [clean.whole(each) for each in HOSTILE_TEXTS]
    links = [clean.link(each) for each in HOSTILE_LINKS]
    name, title, text, link = (_cycle(each) for each in (names, titles, texts, links))
    posts = tuple(
        replace(_post(i, ""), text=text(i), author_name=name(i), handle=name(i + 1), url=link(i), abstracts=(name(i),))
        for i in range(24)
    )
    return replace(
        rich,
        provenance=replace(rich.provenance, congress_name=name(0), society=name(2), city=name(5), coverage_line=title(8)),
        findings=tuple(replace(each, text=title(i), caveat=title(i + 1)) for i, each in enumerate(rich.findings)),
        peaks=tuple(replace(each, coincides_with=title(i)) for i, each in enumerate(rich.peaks)),
        sessions=tuple(replace(each, title=title(i)) for i, each in enumerate(rich.sessions)),
        gaps=tuple(replace(each, cause=title(i)) for i, each in enumerate(rich.gaps)),
        days=tuple(replace(each, leading_title=title(i), leading_hashtag=name(i)) for i, each in enumerate(rich.days)),
        voices=tuple(
            replace(each, name=name(i), handle=name(i + 3), evidence=(title(i), title(i + 1)), also=(name(i + 2),), url=link(i))
            for i, each in enumerate(rich.voices)
        ),
        abstracts=tuple(
            replace(each, number=f"{name(i)[:20]}{i}", title=title(i), presenter=name(i), drugs=(name(i), name(i + 1)), first_author=name(i))
            for i, each in enumerate(rich.abstracts)
        ),
        topics=tuple(replace(each, name=f"{name(i)} {i}", company=name(i + 1)) for i, each in enumerate(rich.topics)),
        notable=posts[:12],
        questions=posts[12:],
        links=tuple(Link(each, 9) for each in links if each),
        comparison=replace(rich.comparison, congress_name=name(1)) if rich.comparison else None,
        full_post_count=sum(bool(each.text) for each in posts),
        post_links=_post_links(60, [each for each in links if each]),
    )  # fmt: skip


def _cycle(values):
    return lambda index: values[index % len(values)]


def _provenance() -> Provenance:
    return Provenance(
        congress_id="demo-2026",
        congress_name="DEMO 2026",
        society="Simulated Society of Medicine",
        city="Nowhere (simulated)",
        zone="America/Chicago",
        starts_on=date(2026, 9, 14),
        ends_on=date(2026, 9, 17),
        start=START,
        end=START + timedelta(hours=HOURS),
        as_of=datetime(2026, 9, 21, 14, 30),
        window_words="13 to 17 September 2026, Chicago time",
        platforms=("bluesky", "x"),
        version="0.1.0",
        config_hash="5f2c0e9a1b7d4c38",
        coverage_line="Not collected: X on 15 September 09:20–09:55 (35 min). 12 min of Bluesky were collected afterwards.",
        simulated=True,
    )


def _hours() -> tuple[Hour, ...]:
    chance, found = Random(7), []
    for index in range(HOURS):
        count = round(_PACE[index % 24] * _BUSY[index // 24] * 12 * chance.uniform(0.8, 1.2))
        if index in (38, 58, 83):
            count = round(count * 2.2)
        by_hcps = round(count * chance.uniform(0.3, 0.44))
        found.append(Hour(START + timedelta(hours=index), count, by_hcps, index != 57))
    return tuple(found)


def _peaks(hours: tuple[Hour, ...]) -> tuple[Peak, ...]:
    words = (
        "Plenary Scientific Session; 212 of the posts name LBA-02",
        "Oral session: Lymphoma; 96 of the posts name A-101",
        "",
    )
    chosen = (hours[38], hours[58], hours[83])
    return tuple(
        Peak(n, each.at, each.post_count, said)
        for n, (each, said) in enumerate(zip(chosen, words, strict=True), start=1)
    )


def _sessions() -> tuple[Session, ...]:
    names = ("Opening", "Plenary Scientific Session", "Oral session: Lymphoma", "Oral session: Myeloma", "Late-breaking abstracts", "Poster session", "Closing")  # fmt: skip
    starts = (33, 57, 58, 64, 81, 83, 104)
    return tuple(
        Session(name, START + timedelta(hours=at), START + timedelta(hours=at, minutes=90))
        for name, at in zip(names, starts, strict=True)
    )


def _days(hours: tuple[Hour, ...]) -> tuple[Day, ...]:
    found = []
    for index in range(HOURS // 24):
        own = hours[24 * index : 24 * index + 24]
        number, title, *_ = _STUDIES[(index * 2) % 4] if index else ("", "")
        posts = sum(each.post_count for each in own)
        found.append(
            Day(date(2026, 9, 13 + index), index, posts, round(posts * 0.42), sum(each.hcp_post_count for each in own),
                number, title, round(posts * 0.09) if number else 0, ("", "bloodcancer", "myeloma", "lymsm", "mdssm")[index])
        )  # fmt: skip
    return tuple(found)


def _kpis(posts: int, by_hcps: int) -> tuple[Kpi, ...]:
    return (
        Kpi("post_count", "Posts", "Unique posts of every kind.", posts, None, round(posts * 0.82)),
        Kpi("original_count", "Original posts", "Posts that are no repost, quote or reply.", round(posts * 0.33), posts, round(posts * 0.26), round(posts * 0.82)),
        Kpi("author_count", "Authors", "Unique accounts.", 2986, None, 2710),
        Kpi("hcp_author_share", "HCP author share", "Authors recognised as health-care professionals, of all authors.", 612, 2986, 521, 2710),
        Kpi("hcp_post_share", "HCP post share", "Posts by health-care professionals, of all posts.", by_hcps, posts, round(by_hcps * 0.78), round(posts * 0.82)),
        Kpi("abstract_count", "Abstracts spoken of", "Abstracts that at least one post names.", 318, None, 292),
        Kpi("abstract_post_share", "Posts naming an abstract", "Posts that name at least one abstract, of all posts.", round(posts * 0.27), posts, round(posts * 0.2), round(posts * 0.82)),
        Kpi("engagement_count", "Engagements", "Likes, reposts, replies and quotes of the posts as last seen.", 86_412, None, 91_930),
    )  # fmt: skip


def _findings(posts: int, by_hcps: int) -> tuple[Finding, ...]:
    gap = "35 min of X were not collected in this window."
    return (
        Finding(f"{posts:,} posts were collected; DEMO 2025 had {round(posts * 0.82):,} in the same days.", posts, round(posts * 0.82), "volume", gap),
        Finding("HCPs are 612 of 2,986 authors (20%).", 612, 2986, "roles"),
        Finding(f"HCPs wrote {by_hcps:,} of {posts:,} posts ({100 * by_hcps / posts:.0f}%).", by_hcps, posts, "roles", gap),
        Finding(f"LBA-02 was named in 412 of {round(posts * 0.27):,} posts that name an abstract (12%).", 412, round(posts * 0.27), "abstracts"),
        Finding("velantib was named in 438 of 1,254 posts that name a tracked product (35%).", 438, 1254, "share"),
    )  # fmt: skip


def _roles(posts: int, by_hcps: int) -> tuple[RoleShare, ...]:
    others = (
        ("researcher", "Researchers", 214, 0.1), ("patient_advocate", "Patients and advocates", 143, 0.05), ("society", "Societies", 38, 0.06),
        ("pharma", "Industry", 51, 0.04), ("media", "Media", 64, 0.06), ("institution", "Institutions", 92, 0.08), ("other", "Others", 120, 0.05),
    )  # fmt: skip
    rows = [RoleShare("hcp", "HCPs", 612, by_hcps)]
    rows += [RoleShare(role, label, authors, round(posts * part)) for role, label, authors, part in others]
    rest = (2986 - sum(each.author_count for each in rows), posts - sum(each.post_count for each in rows))
    return (*rows, RoleShare("unknown", "Not recognised", *rest))


def _voices() -> tuple[Voice, ...]:
    return tuple(
        Voice(
            rank=place,
            name=name,
            handle=name.split()[0].lower().replace("-", "") + ("_md" if place % 3 else ".example"),
            platform="x" if place % 3 else "bluesky",
            also=("bluesky:ingrid.example",) if place == 1 else (),
            specialty=_SPECIALTIES[place % 6],
            confidence="probable" if place % 5 == 0 else "strict",
            evidence=("Haematologist", "MD PhD") if place % 2 else ("consultant in transplantation",),
            post_count=70 - 4 * place,
            hcp_engager_count=118 - 7 * place,
            engagement_count=4210 - 260 * place,
            score=round(0.041 / place**0.6, 5),
            url=f"https://x.com/i/status/{1966000000000000000 + place}",
        )
        for place, name in enumerate(_NAMES, start=1)
    )


def _abstracts() -> tuple[AbstractRow, ...]:
    return tuple(
        AbstractRow(
            number=number, title=title, trial=trial, presenter=_NAMES[place], session="Plenary Scientific Session" if place < 3 else "Oral session",
            drugs=(drug,) if drug else (), companies=(company,) if company else (), post_count=count, author_count=round(count * 0.6),
            hcp_post_count=round(count * 0.4), hcp_author_count=round(count * 0.22), tier_1=round(count * 0.4), tier_2=round(count * 0.2),
            tier_3=round(count * 0.1), inherited=count - round(count * 0.4) - round(count * 0.2) - round(count * 0.1),
            first_post_at=START + timedelta(hours=30 + place, minutes=7), first_author="" if place == 4 else _NAMES[place].split()[0].lower(),
        )
        for place, (number, title, trial, drug, company, count) in enumerate(_STUDIES)
    )  # fmt: skip


def _topics() -> tuple[Topic, ...]:
    rows = [
        ("hashtag", name, "", 900 - 90 * i)
        for i, name in enumerate(("bloodcancer", "myeloma", "lymsm", "mdssm", "car_t", "leusm"))
    ]
    rows += [
        ("product", drug, company, count)
        for (_, _, _, drug, company, _), count in zip(
            [s for s in _STUDIES if s[3]], (438, 320, 262, 141, 93), strict=True
        )
    ]
    rows += [
        ("company", company, company, count)
        for (_, _, _, _, company, _), count in zip([s for s in _STUDIES if s[4]], (466, 331, 270, 155, 99), strict=True)
    ]
    rows += [
        ("drug", drug, company, count)
        for (_, _, _, drug, company, _), count in zip(
            [s for s in _STUDIES if s[3]], (440, 322, 262, 143, 95), strict=True
        )
    ]
    rows += [
        ("trial", trial, "", count)
        for (_, _, trial, _, _, _), count in zip([s for s in _STUDIES if s[2]], (402, 233, 187, 120, 61), strict=True)
    ]
    return tuple(
        Topic(kind, name, company, count, round(count * 0.6), round(count * 0.4), round(count * 0.2), round(count * 0.8) if i % 4 else None, {"product": 1254, "company": 1288}.get(kind))
        for i, (kind, name, company, count) in enumerate(rows)
    )  # fmt: skip


def _post(index: int, text: str) -> PostRow:
    name, platform = _NAMES[index % len(_NAMES)], "x" if index % 2 else "bluesky"
    handle = name.split()[0].lower().replace("-", "") + ("_md" if platform == "x" else ".example")
    post_id = (
        str(1966000000000000000 + index)
        if platform == "x"
        else f"at://did:plc:demo{index}/app.bsky.feed.post/3k{index}"
    )
    url = (
        f"https://x.com/{handle}/status/{post_id}"
        if platform == "x"
        else f"https://bsky.app/profile/{handle}/post/3k{index}"
    )
    at = START + timedelta(hours=32 + 5 * (index % 12), minutes=13)
    return PostRow(
        platform,
        post_id,
        at,
        name,
        handle,
        "hcp",
        "original",
        text,
        url,
        1204 - 11 * index,
        ("LBA-02",) if index % 3 == 0 else (),
    )


def _post_links(count: int, links: list[str] | None = None) -> pa.Table:
    rows = [_post(index, "") for index in range(count)]
    return pa.Table.from_pylist(
        [
            {"platform": row.platform, "post_id": row.post_id, "created_at": START + timedelta(minutes=17 * index),
             "kind": ("original", "repost", "reply")[index % 3], "role": ("hcp", "unknown")[index % 2],
             "url": links[index % len(links)] if links else row.url}
            for index, row in enumerate(rows)
        ],
        schema=POST_LINKS,
    )  # fmt: skip
