from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.model import Cursor
from pipelines.sources.x.coverage import Tally, compare, window
from pipelines.sources.x.gaps import GapBook, Margins, Span, reachable
from pipelines.sources.x.payload import Bucket

AT = datetime(2026, 12, 5, 14, 3)
MARGINS = Margins(timedelta(seconds=7), timedelta(seconds=5), timedelta(seconds=15))


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_a_gap_reaches_from_before_the_last_byte_to_after_the_reconnection_and_is_ripe_only_later():
    book = GapBook(MARGINS)
    opened = book.begin(AT, "closed by X", AT + seconds(1))
    assert opened is not None
    assert (AT - seconds(7), None, "open") == (opened.from_at, opened.to_at, opened.status)
    assert book.begin(AT + seconds(2), "still down", AT + seconds(2)) is None
    closed = book.end(AT + seconds(30))
    assert closed is not None
    assert (opened.from_at, AT + seconds(35)) == (closed.from_at, closed.to_at)
    assert book.ripe(AT + seconds(49)) is None
    span = book.ripe(AT + seconds(50))
    assert span == Span(opened.from_at, AT + seconds(35), "closed by X")
    assert "filled" == book.settle(span, "filled", AT + seconds(60)).status
    assert book.ripe(AT + timedelta(days=1)) is None


def test_the_cursor_promises_only_what_has_surely_arrived():
    book = GapBook(MARGINS)
    assert book.cursor(None) is None
    alive = book.cursor(AT)
    assert alive is not None
    assert AT - seconds(7) == alive.event_at
    book.begin(AT, "closed by X", AT)
    later = book.cursor(AT + seconds(90))
    assert later is not None
    assert AT - seconds(7) == later.event_at


def test_a_restart_takes_up_waiting_gaps_and_the_time_nobody_collected():
    book = GapBook(MARGINS)
    book.begin(AT, "closed by X", AT)
    book.end(AT + seconds(10))
    cursor = book.cursor(AT + seconds(12))
    assert cursor is not None
    again = GapBook(MARGINS)
    (gap,) = again.resume(cursor, AT + timedelta(hours=1))
    assert (AT + seconds(5), "not running", "open") == (gap.from_at, gap.cause, gap.status)
    again.end(AT + timedelta(hours=1))
    assert ["closed by X", "not running"] == [span.cause for span in again.waiting]


def test_a_cursor_that_cannot_be_read_still_gives_the_time_nobody_collected():
    for position in ("", "{}", '{"waiting": [1]}', "2026"):
        book = GapBook(MARGINS)
        (gap,) = book.resume(Cursor("x", position, AT), AT + seconds(60))
        assert (AT, []) == (gap.from_at, book.waiting)


def test_a_pause_to_save_money_is_recorded_and_never_refilled():
    book = GapBook(MARGINS)
    assert "budget" == book.begin_without_money(AT, "the budget is spent", AT).status
    closed = book.end(AT + timedelta(days=2))
    assert closed is not None
    assert ("budget", []) == (closed.status, book.waiting)


def test_search_reaches_back_seven_days():
    old = Span(AT - timedelta(days=9), AT - timedelta(days=8), "off")
    half = Span(AT - timedelta(days=9), AT, "off")
    assert reachable(old, AT) is None
    part = reachable(half, AT)
    assert part is not None
    assert timedelta(days=6) < part.to_at - part.from_at < timedelta(days=7)


def minutes(*counts: int) -> list[Bucket]:
    each = timedelta(minutes=1)
    return [Bucket(AT + n * each, AT + (n + 1) * each, count) for n, count in enumerate(counts)]


def tally(*counts: int) -> Tally:
    found = Tally()
    for minute, count in enumerate(counts):
        for _ in range(count):
            found.note(AT + timedelta(minutes=minute, seconds=30))
    return found


def test_complete_collection_has_the_ratio_one_and_no_loss():
    found = compare(minutes(10, 0, 20), tally(10, 1, 25).minutes)
    assert (1.0, ()) == (found.ratio, found.losses)


def test_silent_loss_is_told_with_the_minutes_it_took():
    found = compare(minutes(10, 20, 0, 30, 10), tally(10, 3, 0, 0, 10).minutes)
    assert (23, 70) == (found.collected, found.expected)
    (loss,) = found.losses
    assert (AT + timedelta(minutes=1), AT + timedelta(minutes=4)) == (loss.from_at, loss.to_at)


def test_one_late_post_or_a_quiet_minute_is_no_loss():
    assert () == compare(minutes(100, 1), tally(100, 0).minutes).losses
    quiet = compare(minutes(3, 2), tally(0, 0).minutes)
    assert (None, ()) == (quiet.ratio, quiet.losses)


def test_only_whole_minutes_that_have_settled_are_compared():
    start, end = window(AT + seconds(45), 15, timedelta(minutes=2))
    assert (AT - timedelta(minutes=17), AT - timedelta(minutes=2)) == (start, end)


def test_minutes_within_known_gaps_are_not_judged():
    book = GapBook(MARGINS)
    book.add(Span(AT, AT + seconds(60), "off"), AT)
    assert book.touches(AT + seconds(59), AT + seconds(119))
    assert not book.touches(AT + seconds(60), AT + seconds(120))
    book.begin(AT + timedelta(hours=1), "off", AT)
    assert book.touches(AT + timedelta(hours=2), AT + timedelta(hours=3))
