"""Numbers in posts: every spelling that was met, and everything that only looks like one."""

import pytest

from tests.abstracts.rooms import numbers, read


@pytest.mark.parametrize(
    ("slug", "text", "expected"),
    [
        ("asco-2026", "Abstract 5500 is out", {"5500"}),
        ("asco-2026", "Abs5501 and abs.5503 tonight", {"5501", "5503"}),
        ("asco-2026", "Abstr. no. 5503: yoga!", {"5503"}),
        ("asco-2026", "abstract #5503", {"5503"}),
        ("asco-2026", "5500, 5501 & LBA5502 back to back", {"5500", "5501", "LBA5502"}),
        ("asco-2026", "posters 5500+5501", {"5500", "5501"}),
        ("asco-2026", "Abstracts 5500-5502", {"5500", "5501", "5502"}),
        ("asco-2026", "abstracts 5500–03 in one room", {"5500", "5501", "5502", "5503"}),
        ("asco-2026", "lba 5502 this afternoon", {"LBA5502"}),
        ("asco-2026", "#TPS8123", {"TPS8123"}),
        ("asco-2026", "E12345: couriers on bicycles", {"e12345"}),
        ("asco-2026", "poster 2048 is a real one: vorasidenib, glioma", {"2048"}),
        ("asco-2026", "ＡＢＳＴＲＡＣＴ ５５０３", {"5503"}),
        ("asco-2026", "演題番号5503。睡眠", {"5503"}),
        ("asco-2026", "Resumen 5500 y póster 5501", {"5500", "5501"}),
        ("asco-2026", "communication orale 5500", {"5500"}),
        ("asco-2026", "Abstract-Nr. 5500", {"5500"}),
        ("asco-2026", "resumo nº 5501", {"5501"}),
        (
            "asco-2026",
            "Two for the gyn crowd: 5500 (niraparib, ovarian) and 5503 (yoga, endometrial)",
            {"5500", "5503"},
        ),
        ("asco-2026", "yoga and sleep in endometrial cancer, 5503", {"5503"}),
        ("sabcs-2026", "GS1-01 → GS1-04", {"GS1-01", "GS1-02", "GS1-04"}),
        ("sabcs-2026", "GS1-01, -02 and -04", {"GS1-01", "GS1-02", "GS1-04"}),
        ("sabcs-2026", "GS1-01/02", {"GS1-01", "GS1-02"}),
        ("sabcs-2026", "gs3-12", {"GS3-12"}),
        ("sabcs-2026", "PS3–05–14 is a van", {"PS3-05-14"}),
        ("esmo-2026", "1253O, 567 TiP and 846PD", {"1253O", "567TiP", "846PD"}),
        ("esmo-2026", "LBA10_PR at noon", {"LBA10"}),
        ("esmo-2026", "Abstract 3P", {"3P"}),
        ("eha-2026", "posterPF326", {"PF326"}),
        ("eha-2026", "poster 326, hepcidin in shift workers", {"PF326"}),
        ("eha-2026", "S205 & S206", {"S205", "S206"}),
        ("ada-2026", "poster 729", {"729-P"}),
        ("ada-2026", "oral 100 or 101-OR?", {"100-OR", "101-OR"}),
        ("ash-2026", "late-breaking abstract 4 today", {"LBA-4"}),
        ("ash-2026", "plenary abstract 4", {"4"}),
        ("aacr-2026", "abstract 232", {"0232"}),
        ("aacr-2026", "CT-204 / LB-253", {"CT204", "LB253"}),
        ("demo-2026", "poster #3 today: A-207", {"A-207"}),
        ("demo-2026", "A-207(Sun) and B-148(Mon), posterA326", {"A-207", "B-148", "A-326"}),
    ],
)
def test_a_number_is_read_in_every_spelling(slug, text, expected):
    assert expected == numbers(text, slug)


@pytest.mark.parametrize(
    ("slug", "text"),
    [
        ("asco-2026", "Booth 5500, coffee until 5501"),
        ("asco-2026", "visit booth #5500"),
        ("asco-2026", "Room 522 is full"),
        ("asco-2026", "n=5500, HR 0.5501, p=.5503, 522 patients"),
        ("asco-2026", "N = 1040 randomised, 522 events"),
        ("asco-2026", "$5,500 a month, €522 copay"),
        ("asco-2026", "5,500 posts from 522 authors"),
        ("asco-2026", "My abstract: 522 words over the limit"),
        ("asco-2026", "capecitabine oral 522 mg"),
        ("asco-2026", "Anti-PF4 Abs 4 weeks later, PD-1 and CTLA-4 too"),
        ("asco-2026", "Abs day: 522 crunches"),
        ("asco-2026", "call 555-5500-5501"),
        ("asco-2026", "thread 5/12"),
        ("asco-2026", "abstract 9999 is nowhere"),
        ("asco-2026", "start with abstract 55…"),
        ("asco-2026", "RT @a: first up is abstract 5500…"),
        ("asco-2026", "Last year this was abstract 5500"),
        ("asco-2026", "last summer's abstract 5500 has no follow-up"),
        ("asco-2026", "ESMO Breast abstract 5500 was the same"),
        ("asco-2026", "as seen in abstract 5500 at SGO"),
        ("asco-2026", "#ASCO25 abstract 5500 was better"),
        ("asco-2026", "https://example.org/article-abstract/5500 http://t.co/5501"),
        ("asco-2026", "KEYNOTE 5500? never heard of it"),
        ("asco-2026", "LBA session! #LBA"),
        ("asco-2026", "poster 2026, here I come"),
        ("eha-2026", "meet us at stand S205"),
        ("esmo-2026", "mOS 45mo, 3p deletion"),
        ("esmo-2026", "Hall 3P? no"),
        ("ash-2026", "Day 4, 4 coffees, 4 talks"),
        ("aacr-2026", "CD204, IL-232, CA 3872-9"),
    ],
)
def test_what_only_looks_like_a_number_is_none(slug, text):
    assert set() == numbers(text, slug)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abstract 5500, not 5501", {"5500"}),
        ("I wrote abstract 5501, it is 5500. Sorry, abstract 5500!", {"5500"}),
        ("It's abs 5500 but the board is 5503", {"5500"}),
        ("What was abstract 5501 in 2025 is this year's abstract 5500", {"5500"}),
        ("abstract 5500 (not the ESMO one)", {"5500"}),
        ("n=522, HR 0.51, room 1040, 10:12 am and abstract 5500", {"5500"}),
    ],
)
def test_only_the_number_that_is_meant_counts(text, expected):
    assert expected == numbers(text)


def test_a_bare_number_needs_the_congress_tag():
    assert set() == numbers("abstract 5502", tagged=False)


def test_a_number_without_tag_counts_when_the_text_is_about_its_abstract():
    assert {"5503"} == numbers("abstract 5503: yoga for sleep in endometrial cancer", tagged=False)


def test_a_mention_keeps_tier_rule_words_and_span():
    (found,) = read("So: Abs. ＃5503 – yoga")
    assert (1, "number_cue", "5503") == (found.tier, found.rule, found.evidence)
    assert "5503" == "So: Abs. ＃5503 – yoga"[slice(*found.span)]
    assert 0 < found.score <= 1


def test_a_range_says_that_it_is_one():
    found = read("GS1-01 to GS1-04", "sabcs-2026")
    assert {"range"} == {mention.rule for mention in found if mention.number == "GS1-02"}


@pytest.mark.parametrize(
    ("slug", "text", "expected"),
    [
        ("asco-2025", "LBA4 and TPS1124, abstract 5500", {"LBA4", "TPS1124"}),
        ("sabcs-2025", "gs3-1 today", {"GS3-01"}),
        ("esmo-2025", "1253O wins", {"1253O"}),
        ("eha-2025", "stand S205", set()),
        ("eha-2025", "abstract S205", {"S205"}),
        ("ada-2025", "729-P and 1-LB", {"729-P", "1-LB"}),
    ],
)
def test_without_a_catalogue_only_numbers_with_a_shape_of_their_own_count(slug, text, expected):
    assert expected == numbers(text, slug)
