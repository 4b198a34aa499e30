from __future__ import annotations

from datetime import date, datetime

from pipelines.model import Author, Engagement, Post
from pipelines.sources.x.upkeep import Bios, Pass, Rounds, Standing

AT = datetime(2026, 12, 5, 14, 3)


def post(post_id: str, author_id: str = "7", at: datetime = AT, repost_of: str | None = None) -> Post:
    return Post("x", post_id, post_id, author_id, "hi", at, at, repost_of_id=repost_of)


def likes(post_id: str, count: int) -> Engagement:
    return Engagement("x", post_id, AT, like_count=count, repost_count=0)


def test_every_post_is_looked_at_again_just_before_midnight_while_it_costs_nothing():
    rounds = Rounds()
    assert () == rounds.due(datetime(2026, 12, 5, 11, 0))
    assert Pass(date(2026, 12, 5), 0) in rounds.due(datetime(2026, 12, 5, 23, 45))


def test_the_top_posts_are_looked_at_again_on_day_1_3_and_7_and_once_only():
    rounds = Rounds()
    due = rounds.due(datetime(2026, 12, 9, 12, 30))
    assert [date(2026, 12, 8), date(2026, 12, 6), date(2026, 12, 2)] == [each.day for each in due]
    rounds.made.update(due)
    assert () == rounds.due(datetime(2026, 12, 9, 13, 0))


def test_the_top_posts_of_a_day_are_those_with_most_engagement():
    standing = Standing()
    standing.note([post("1"), post("2"), post("3"), post("4", repost_of="1"), likes("2", 9), likes("3", 5)])
    assert ["2", "3"] == list(standing.top(AT.date(), 2))
    standing.note([likes("1", 50)])
    assert ["1", "2", "3"] == list(standing.top(AT.date(), 9))


def test_a_bio_is_read_once_per_author():
    bios = Bios(known={"8"})
    bios.note([post("1", "7"), post("2", "7"), post("3", "8"), post("4", "9"), post("5", "")])
    assert 2 == len(bios)
    assert ["7"] == bios.take(1)
    bios.note([Author("x", "9", AT, handle="dr9", bio="Hematologist"), post("6", "7")])
    assert 0 == len(bios)
