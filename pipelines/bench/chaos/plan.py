"""What will go wrong, in which order, with which dice: the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Lane = Literal["bluesky", "x", "machine"]  # lanes run side by side; in each one fault follows another

# what it is, and how often it comes up beside the others of its lane
KINDS: Mapping[Lane, Mapping[str, tuple[int, str]]] = {
    "bluesky": {
        "close_1000": (3, "the server closes cleanly, as at a redeploy"),
        "close_1001": (2, "the server goes away, cleanly"),
        "close_1012": (1, "the server says that it restarts"),
        "abort": (4, "the connection is reset"),
        "torn": (3, "half an event's JSON, then a close"),
        "half_frame": (3, "a websocket frame that ends in its middle"),
        "stall": (3, "nothing comes any more, the connection stands"),
        "slow": (3, "a few events a second only"),
        "error": (2, "ConsumerTooSlow, then a close"),
        "garbage": (3, "frames that are no events"),
        "duplicate": (3, "events that came already come again"),
        "disorder": (4, "events come in another order, half the time cut off in between"),
        "refused_503": (3, "reset, then the next connections are answered 503"),
        "refused_429": (2, "reset, then 429 with Retry-After"),
        "no_v2": (2, "reset, then v2 is gone: only v1 answers"),
        "hang": (2, "reset, then connections are taken and not answered"),
        "cursor_too_old": (3, "retention passes the cursor while the line is down, on v2"),
        "cursor_clamped": (3, "the same on v1, which does not say so"),
    },
    "x": {
        "close": (3, "X closes cleanly"),
        "abort": (3, "the connection is reset"),
        "torn": (3, "X closes in the middle of a line"),
        "torn_abort": (3, "a reset in the middle of a line"),
        "error": (2, "an operational disconnect, as X announces it"),
        "stall": (3, "not even a keep-alive comes; the connection still counts as open"),
        "garbage": (2, "a line that is no JSON, in between"),
        "untagged": (2, "posts whose rules have no tag"),
        "duplicate": (3, "every line twice, out of order"),
        "503": (3, "a close, then 503"),
        "429": (2, "a close, then 429 with its reset"),
        "search_down": (3, "a reset, and search answers 503 while the gap waits for it"),
    },
    "machine": {
        "kill": (20, "kill -9 at a random instant"),
        "kill_at_start": (5, "kill -9 while the collector starts"),
        "terminate": (6, "SIGTERM, in the middle of folding as it comes"),
        "freeze": (5, "SIGSTOP for up to 3 s, then SIGCONT"),
        "freeze_cut": (4, "SIGSTOP for 8 to 11 s, in which both lines end; what came before lies in the buffers"),
        "clock_ahead": (4, "the machine's clock leaps ahead, connections break meanwhile"),
        "clock_behind": (4, "the machine's clock falls behind, connections break meanwhile"),
        "disk_full": (3, "no space is left on the device"),
        "lock_held": (2, "another process has the database open when the collector starts"),
        "import_beside": (2, "an import is tried while the collector owns the database"),
        "file_cut": (3, "the database file loses its end; a backup is brought back"),
        "log_torn": (4, "kill -9, and the write-ahead log loses its end"),
        "log_damaged": (2, "kill -9, and bytes in the middle of the log are others"),
        "import_killed": (3, "an import is killed with -9 and run again"),
        "import_torn": (3, "a dropped file breaks off in its last line; later it is whole"),
        "import_twice": (2, "the same file is imported twice"),
        "dashboard_killed": (2, "kill -9 of the dashboard while people look at it"),
        "reads_flooded": (2, "thousands of reads at once, with wrong tokens and endless parameters among them"),
    },
}
WHAT = {(lane, kind): words for lane, kinds in KINDS.items() for kind, (_, words) in kinds.items()}
SHARES: Mapping[Lane, float] = {"bluesky": 0.52, "x": 0.38, "machine": 0.10}  # a collector takes seconds to start


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. ``seed`` makes its own dice; ``pause`` are seconds before it."""

    lane: Lane
    kind: str
    pause: float
    seed: int


def plan(seed: int, faults: int, only: Sequence[str] = ()) -> dict[Lane, list[Fault]]:
    """``faults`` faults in three lanes, every kind at least once where there are enough; ``only`` names kinds to keep to, each
    of them at least once."""
    dice = random.Random(seed)
    lanes: dict[Lane, list[Fault]] = {}
    for lane, kinds in KINDS.items():
        known = {kind: weight for kind, (weight, _) in kinds.items() if not only or kind in only}
        count = max(round(faults * SHARES[lane]), len(known)) if only else round(faults * SHARES[lane])
        once = dice.sample(sorted(known), min(count, len(known)))
        weights = [known[kind] for kind in sorted(known)]
        more = dice.choices(sorted(known), weights, k=max(0, count - len(once))) if known else []
        chosen = [*once, *more]
        dice.shuffle(chosen)
        lanes[lane] = [Fault(lane, kind, dice.uniform(0.2, 1.6), dice.randrange(1 << 30)) for kind in chosen]
    return lanes
