"""A mirror of chosen congresses: what concerns others alone is left out of what hosts wrote, before it is folded.

Posts with their matches and mentions, catalogues, alerts and cases belong to a congress. Profiles, roles, counts, likes and deletions
do not, and may come long before the post that makes them wanted: these are taken from all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import pyarrow as pa

from pipelines.errors import UsageError
from pipelines.model import Batch, Cursor
from pipelines.store.database import Store

CHOICE = "mirror of"  # the cursor under which a file keeps which congresses it follows
_HEARD = "lake:"  # what the cursors of a lake's writers begin with

_OF_CONGRESS = "FROM given WHERE list_contains($congresses, congress_id)"
_STATE = "FROM given WHERE gone OR list_contains($congresses, congress_id)"  # one that is gone is told by its key alone
_STATE_WITHIN = {
    "deliveries": "FROM given WHERE gone OR alert_id IN (SELECT alert_id FROM alerts)",
    "case_decisions": "FROM given WHERE gone OR case_id IN (SELECT case_id FROM cases)",
}
# a post stands in one batch with its matches; one that nobody matched came along with others, and is kept
_POSTS = """
    FROM given ANTI JOIN (
        SELECT platform, post_id FROM matched GROUP BY ALL HAVING NOT bool_or(list_contains($congresses, congress_id))
    ) USING (platform, post_id) ORDER BY seq
"""


class Chosen:
    """Leaves out what concerns other congresses alone. For one thread.

    Args:
        congresses: ids of those that are followed, at least one.
        store: the file that follows them.
    """

    def __init__(self, congresses: Collection[str], store: Store):
        self._congresses, self._reader = sorted(congresses), store.another_reader()

    def log(self, tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
        """The rows of kinds that are wanted, in their order; all of one writer's news."""
        found = dict(tables)
        if "post" in tables and "match" in tables:
            given = {"given": tables["post"], "matched": tables["match"]}
            found["post"] = self._reader.ask(_POSTS, tables=given, congresses=self._congresses)
        for kind, rows in tables.items():
            if "congress_id" in rows.column_names:
                found[kind] = self._reader.ask(_OF_CONGRESS, tables={"given": rows}, congresses=self._congresses)
        return found

    def state(self, table: str, rows: pa.Table) -> pa.Table:
        """The rows of a small table that are wanted; cases and alerts are in the file before what hangs on them."""
        if table in _STATE_WITHIN:
            return self._reader.ask(_STATE_WITHIN[table], tables={"given": rows})
        if "congress_id" not in rows.column_names:
            return rows
        return self._reader.ask(_STATE, tables={"given": rows}, congresses=self._congresses)


def keep_to(store: Store, congresses: Collection[str], now: datetime) -> None:
    """Note in a file which congresses it follows (none: all); ``now`` is naive UTC.

    Raises:
        UsageError: when it follows others already: what was left out of it would not come again.
    """
    rows = store.reader.ask("SELECT source, position FROM cursors").to_pylist()
    known = next((row["position"] for row in rows if row["source"] == CHOICE), "")
    asked = " ".join(sorted(congresses))
    if asked != known and any(row["source"].startswith(_HEARD) for row in rows):
        follows, wants = (f"follows {said or 'all congresses'}" for said in (known, asked))
        raise UsageError(
            f"this --data {follows} of the lake, not what was asked for ({wants.removeprefix('follows ')}): "
            "what was left out does not come again; name the same congresses, or another --data"
        )
    if asked != known:
        store.fold(Batch(cursors=[Cursor(CHOICE, asked, now)]), told=False)
