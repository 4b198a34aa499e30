"""Tracked products and companies: which words name them, who takes them over, and that the store holds each once."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.abstracts import Linker
from pipelines.collect import Collector
from pipelines.digest import Digest
from pipelines.matching import Matcher
from pipelines.model import AccountState, Arrival, Batch, Deletion
from pipelines.products import ProductReader, products_of, tracked_of
from pipelines.relink import relink
from pipelines.sources.demo import DemoSource, World
from pipelines.store.database import Store
from tests.records import at, congress, post

PRODUCTS = (
    {"name": "Enhertu", "aliases": ("trastuzumab deruxtecan", "T-DXd", "エンハーツ"), "company": "AstraZeneca"},
    {"name": "Brukinsa", "aliases": ("zanubrutinib",), "company": "BeOne"},
    {"name": "Herzuma", "aliases": ("trastuzumab",), "company": "Celltrion"},
)
COMPANIES = (
    {"name": "Merck", "aliases": ("MSD",)},
    {"name": "Merck KGaA"},
    {"name": "BeOne Medicines", "aliases": ("BeOne",)},
    {"name": "Hôpital Lumière"},
)
ASH = congress(products=PRODUCTS, companies=COMPANIES)
READER = ProductReader(ASH)


def named(text: str, **fields) -> list[str]:
    return [each.name for each in READER.mentions(post(text=text, **{"hashtags": (), **fields}))]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["Enhertu", "AstraZeneca"], "ENHERTU® works"), (["Enhertu", "AstraZeneca"], "trastuzumab-deruxtecan"), (["Enhertu", "AstraZeneca"], "ｔ‑ＤＸｄ now"),
        (["Enhertu", "AstraZeneca"], "TDXd for all"), (["Enhertu", "AstraZeneca"], "Enhertuの結果"), (["Enhertu", "AstraZeneca"], "新薬エンハーツです"), (["Enhertu", "AstraZeneca"], "Enhertu's curve"),
        (["Herzuma", "Celltrion"], "trastuzumab alone"), (["Brukinsa", "BeOne Medicines"], "zanubrutinib\tthen"), (["BeOne Medicines"], "BeOne today"),
        (["Merck"], "MSD said"), (["Merck KGaA"], "Merck KGaA of Darmstadt"), (["Merck", "Merck KGaA"], "Merck, not Merck  or Merck KGaA"), (["Hôpital Lumière"], "hopital lumiere"),
        ([], "Enhertus"), ([], "xEnhertu"), ([], "Enhertu_1"), ([], "https://enhertu.com/merck Enhertux"), ([], "@merck @Enhertu.bsky.social hello"), ([], ""), ([], "merckx"),
    ],
)  # fmt: skip
def test_a_name_counts_as_a_whole_word_whatever_case_accents_and_hyphens(names, text):
    assert names == named(text)


def test_evidence_is_the_words_as_written_with_their_place():
    text = "So: #Enhertu, and Zanubrutinib"
    found = {each.name: each for each in READER.mentions(post(text=text, hashtags=("enhertu",)))}
    assert ("#Enhertu", "hashtag", (4, 12)) == (found["Enhertu"].evidence, found["Enhertu"].rule, found["Enhertu"].span)
    assert all(each.evidence == text[slice(*each.span)] for each in found.values())
    assert "product" == found["AstraZeneca"].rule
    assert "Zanubrutinib" == found["BeOne Medicines"].evidence


def test_a_hashtag_beside_the_text_counts_also_where_a_name_has_blanks():
    found = READER.mentions(post(text="no word", hashtags=("trastuzumabderuxtecan", "merckkgaa", "merckx")))
    assert ["Enhertu", "AstraZeneca", "Merck KGaA"] == [each.name for each in found]
    assert {("hashtag", (-1, -1)), ("product", (-1, -1))} == {(each.rule, each.span) for each in found}


def test_a_company_named_twice_counts_once_by_its_own_name():
    found = [each for each in READER.mentions(post(text="Brukinsa by BeOne. BeOne!")) if each.kind == "company"]
    assert [("BeOne Medicines", "name", "BeOne")] == [(each.name, each.rule, each.evidence) for each in found]


def test_a_company_that_only_a_product_names_is_tracked_under_its_one_name():
    companies = [each.name for each in tracked_of(ASH) if each.kind == "company"]
    assert ["Merck", "Merck KGaA", "BeOne Medicines", "Hôpital Lumière", "AstraZeneca", "Celltrion"] == companies
    assert {"Brukinsa": "BeOne Medicines"}.items() <= {each.name: each.company for each in tracked_of(ASH)}.items()


def test_two_products_of_one_name_both_count():
    reader = ProductReader(
        congress(products=({"name": "A", "aliases": ("mabumab",)}, {"name": "B", "aliases": ("Mabumab",)}))
    )
    assert ["A", "B"] == [each.name for each in reader.mentions(post(text="mabumab"))]


def test_nothing_tracked_is_nothing_found():
    assert () == ProductReader(congress()).mentions(post(text="Enhertu"))


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=3))
def test_no_text_breaks_the_reader_and_every_span_holds_its_words(text, tags):
    for each in READER.mentions(post(text=text, hashtags=tuple(tags))):
        assert each.span == (-1, -1) or each.evidence == text[slice(*each.span)]


def test_a_long_text_is_read_to_a_limit():
    assert [] == named("x " * 13_000 + "Enhertu")


def test_reposts_quotes_and_replies_take_over_what_the_post_itself_named():
    parent = post("1", text="Enhertu")
    parents = {"1": READER.mentions(parent)}
    for way in ("repost_of_id", "quoted_id", "reply_to_id"):
        found = products_of(post("2", text="yes", **{way: "1"}), READER, parents)
        assert [("Enhertu", "inherited", "1"), ("AstraZeneca", "inherited", "1")] == [
            (each.name, each.rule, each.inherited_from) for each in found
        ]
        assert () == products_of(post("3", text="no", reply_to_id="2"), READER, {"2": found})


def test_a_quote_with_own_words_keeps_them_and_takes_over_the_rest():
    parents = {"1": READER.mentions(post("1", text="Enhertu"))}
    found = products_of(post("2", text="Merck and Enhertu", quoted_id="1"), READER, parents)
    assert {"Enhertu": None, "AstraZeneca": None, "Merck": None} == {each.name: each.inherited_from for each in found}


def test_a_repost_whose_original_is_not_at_hand_takes_over_from_its_copy():
    found = products_of(post("2", text="RT Merck", repost_of_id="1"), READER, {})
    assert [("Merck", "inherited", "1")] == [(each.name, each.rule, each.inherited_from) for each in found]


@pytest.fixture
def store():
    with Store(None) as opened:
        opened.fold_congresses([ASH])
        yield opened


def digest() -> Digest:
    return Digest(Matcher([ASH]), {"ash-2026": Linker(ASH, [])})


def fold(store: Store, *records) -> None:
    store.fold(digest().batch(records, store.another_reader()))


def rows(store: Store, columns: str = "post_id, kind, name, rule, inherited_from, visible") -> list[tuple]:
    return [
        tuple(row.values())
        for row in store.reader.ask(f"SELECT {columns} FROM product_mentions ORDER BY ALL").to_pylist()
    ]


SAID = post("1", text="Enhertu at #ASH26")
SHARED = post("2", text="", repost_of_id="1", author_id="a2", created_at=at(5))


def test_what_is_collected_names_products_in_the_same_batch_or_later(store):
    fold(store, SAID, SHARED)
    once = rows(store)
    assert [("1", "company", "AstraZeneca", "product"), ("1", "product", "Enhertu", "name")] == [
        row[:4] for row in once[:2]
    ]
    assert [("2", "1"), ("2", "1")] == [(row[0], row[4]) for row in once[2:]]
    with Store(None) as other:
        other.fold_congresses([ASH])
        fold(other, SAID)
        fold(other, SHARED)
        fold(other, SAID, SHARED)
        assert once == rows(other)


def test_an_edit_replaces_what_the_earlier_words_named(store):
    fold(store, SAID)
    fold(store, dataclasses.replace(SAID, revision="9".zfill(20), text="Merck at #ASH26"))
    fold(store, SAID)
    assert ["Merck"] == [row[2] for row in rows(store)]


def test_a_deletion_takes_the_names_with_it_and_they_never_come_back(store):
    fold(store, SAID, SHARED)
    fold(store, Deletion("x", "post", "1", at(9)))
    fold(store, SAID, SHARED)
    assert [] == rows(store)


def test_an_account_that_is_away_is_not_counted_until_it_is_back(store):
    fold(store, SAID)
    fold(store, AccountState("x", "a1", False, at(3)))
    assert {False} == {row[5] for row in rows(store)}
    fold(store, AccountState("x", "a1", True, at(4)))
    assert {True} == {row[5] for row in rows(store)}


def test_reading_anew_after_another_product_was_listed_gives_what_collecting_would_have_given(store):
    fold(store, SAID, SHARED, post("3", text="novelimab #ASH26"))
    changed = congress(products=(*PRODUCTS, {"name": "Novelimab"}), companies=COMPANIES)
    store.fold_congresses([changed])
    assert 3 == relink(store, Linker(changed, []))
    again = Digest(Matcher([changed]), {"ash-2026": Linker(changed, [])})
    with Store(None) as other:
        other.fold_congresses([changed])
        other.fold(again.batch([SAID, SHARED, post("3", text="novelimab #ASH26")], other.another_reader()))
        assert rows(other) == rows(store)
    assert "Novelimab" in {row[2] for row in rows(store)}


def test_what_is_no_longer_tracked_is_no_longer_counted(store):
    fold(store, SAID)
    store.fold_congresses([congress(products=PRODUCTS[1:])])
    assert 0 == store.reader.ask("SELECT * FROM topics WHERE kind IN ('product', 'company')").num_rows


def test_an_empty_batch_changes_nothing(store):
    fold(store, SAID)
    before = rows(store)
    store.fold(Batch())
    assert before == rows(store)


def test_the_demo_congress_names_its_products_as_its_texts_do_and_twice_the_same():
    """The naive way: an original names a product where its name or code stands anywhere in the text."""
    world = World(2026)
    until = world.begins + (world.ends - world.begins) / 4
    records = [
        each for arrival in asyncio.run(_arrivals(DemoSource(world, speed=None), until)) for each in arrival.records
    ]
    found = Digest(Matcher([world.congress]), {})
    with Store(None) as store:
        store.fold_congresses([world.congress])
        for start in range(0, len(records), 4000):
            store.fold(found.batch(records[start : start + 4000], store.another_reader()))
        told = store.reader.ask("SELECT post_id, name FROM product_mentions WHERE kind = 'product'")
        by_id = {each.post_id: each for each in world.posts}
        own = {(row["post_id"], row["name"]) for row in told.to_pylist() if by_id[row["post_id"]].kind == "original"}
        kept = set(store.reader.ask("SELECT post_id FROM matches")["post_id"].to_pylist())
        words = {
            each.name: (each.name.casefold(), *(alias.casefold() for alias in each.aliases))
            for each in world.congress.products
        }
        naive = {
            (post_id, name) for post_id in kept if (said := by_id[post_id]).kind == "original"
            for name, spellings in words.items() if any(each in said.text.casefold() for each in spellings)
        }  # fmt: skip
        assert len(naive) > 40
        assert naive == own
        before = rows(store, "*")
        store.fold(found.batch(records, store.another_reader()))
        assert before == rows(store, "*")


async def _arrivals(source: DemoSource, until) -> list:
    found = []
    async for arrival in source.events(None):
        if arrival.cursor and arrival.cursor.event_at > until:
            break
        found.append(arrival)
    return found


def test_collected_through_the_collector_the_mentions_are_there(store):
    class Given:
        name = "given"

        async def events(self, cursor):
            yield Arrival((SAID, SHARED))

    class Clock:
        def now(self):
            return at(60)

    asyncio.run(Collector(store, digest(), [Given()], Clock()).run())  # ty: ignore[invalid-argument-type]
    assert 4 == len(rows(store))
