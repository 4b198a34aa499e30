"""A small congress in a store: two days, HCPs, a patient, an embargo, a gap, a deletion, hostile words; and the year before."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pipelines.asking import StoredReads
from pipelines.model import Abstract, AbstractMention, Batch, Deletion, Engagement, Gap, Session
from pipelines.recap.build import build
from pipelines.recap.window import window_of
from pipelines.store.database import Store
from tests.records import author, congress, match, post, role

START = datetime(2026, 12, 12, 6)  # midnight in New Orleans
AS_OF = datetime(2026, 12, 20, 12)
LAST_YEAR = {
    "id": "ash-2025",
    "name": "ASH 2025",
    "starts_on": "2025-12-06",
    "ends_on": "2025-12-09",
    "hashtags": ("ASH25",),
}
HCPS, OTHERS = tuple(f"doc{n}" for n in range(6)), tuple(f"someone{n}" for n in range(8))
FORMULA = '=HYPERLINK("http://evil.example","x") is what doc5 said? \u202e#ASH26'


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def said():
    """200 posts: 20 an hour in two hours of either day, the rest one by one; every third by an HCP, one in ten a repost."""
    posts = []
    for n in range(200):
        who = HCPS[n % 6] if n % 3 == 0 else OTHERS[n % 8]
        hour = (9, 33)[n % 2] + (n % 20) / 21 if n < 80 else 6 + (n - 80) * 0.35
        fields = {
            "author_id": who,
            "created_at": at(hour),
            "text": f"LBA-3 in brief {n} #ASH26",
            "url": f"https://x.com/h_{who}/status/{1000 + n}",
        }
        if n % 10 == 5:
            fields |= {"repost_of_id": "1000", "text": "LBA-3 in brief 0 #ASH26"}
        posts.append(post(str(1000 + n), **fields, links=("https://journal.example/a", "javascript:alert(1)")))
    return posts


def special():
    """Posts that the rules are about."""
    return [
        post("1", author_id="patient", created_at=at(9.1), text="LBA-3 gave me hope #ASH26"),
        post("2", author_id="doc1", created_at=at(9.2), text="LBA-3 gave me hope #ASH26", repost_of_id="1"),
        post("3", author_id="doc2", created_at=at(8), text="Before its time: abstract 7 #ASH26"),
        post("4", author_id="doc3", created_at=at(10), text="Deleted later #ASH26"),
        post("5", author_id="doc5", created_at=at(11), text=FORMULA, url="https://x.com/h_doc5/status/5"),
        post("6", author_id="doc4", created_at=at(12), text="Long " * 9000 + "#ASH26", url="javascript:alert(1)"),
        post("at://did:plc:a/app.bsky.feed.post/1", platform="bluesky", author_id="did:plc:a", created_at=at(13), text="From the other side #ASH26"),
        post("7", author_id="late", created_at=at(14), text="I was a patient all along #ASH26"),
    ]  # fmt: skip


def named(of, number: str = "LBA-3", tier: int = 1) -> AbstractMention:
    return AbstractMention(of.platform, of.post_id, "ash-2026", number, tier, "structured", number, (0, len(number)))


def fill(store: Store) -> None:
    chatter, few = said(), special()
    posts = [*chatter, *few]
    mentions = [named(each) for each in chatter[:60]] + [named(few[0]), named(few[2], "7")]
    roles = [role(each, evidence=("=cmd Haematologist",)) for each in HCPS]
    roles += [
        role("patient", "patient_advocate"),
        role("late", "hcp"),
        role("did:plc:a", "society", platform="bluesky"),
    ]
    roles += [role("late", "patient_advocate", decided_at=AS_OF + timedelta(1), decided_by="ann")]
    people = [author(each, display_name=f"Dr {each}") for each in (*HCPS, *OTHERS, "patient", "late")]
    people.append(author("did:plc:a", platform="bluesky", handle="society.example", display_name="The Society"))
    before = [post(f"y{n}", author_id=HCPS[n % 6], created_at=datetime(2025, 12, 6, 6) + timedelta(minutes=20 * n), hashtags=("ash25",)) for n in range(120)]  # fmt: skip
    liked = [Engagement("x", str(1000 + n), at(40), like_count=n, repost_count=1) for n in range(0, 200, 3)]
    liked += [Engagement("x", "5", at(40), like_count=900), Engagement("x", "6", at(40), like_count=800)]
    gap = Gap("x", at(20), at(20.5), "the connection broke", "partial", at(21))
    store.fold(Batch([*posts, *people, *liked, gap], [match(each) for each in posts], mentions, roles))
    store.fold(Batch(before, [match(each, congress_id="ash-2025", term="ash25") for each in before]))
    store.fold(Batch([Deletion("x", "post", "4", at(30))]))


@pytest.fixture(scope="session")
def this():
    return congress()


@pytest.fixture(scope="session")
def before():
    return congress(**LAST_YEAR)


@pytest.fixture(scope="session")
def store(this, before):
    with Store(None) as opened:
        opened.fold_congresses([this, before])
        late = datetime(2026, 12, 12, 15)
        catalogue = [
            Abstract(
                "ash-2026", "LBA-3", "=A trial of drugamab", trial=("QUEST-1",), session="Plenary", starts_at=at(9)
            ),
            Abstract("ash-2026", "7", "Under embargo", embargo_lift_at=late),
        ]
        opened.fold_catalogue("ash-2026", catalogue, [Session("ash-2026", "s1", "Plenary", at(8.5), at(10.5))])
        fill(opened)
        yield opened


@pytest.fixture(scope="session")
def reads(store):
    return StoredReads(store, AS_OF)


@pytest.fixture(scope="session")
def window(this):
    return window_of(this, "congress", AS_OF)


@pytest.fixture(scope="session")
def recap(reads, this, before, window):
    return build(reads, this, window, AS_OF, "1.2.3", before)
