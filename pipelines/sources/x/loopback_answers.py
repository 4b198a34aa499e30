"""What the loopback X API answers to REST requests, and what it would bill for them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from pipelines.sources.x.world import Made, World, minute_counts


@dataclass(slots=True)
class Answers:
    """The state of the API and its answers, each a status and a JSON value (or bytes for a file).

    Args:
        ripe_seconds: how old the end of a search must be (X: 10).
        bills_includes: whether posts and users that come along are billed.
        gone_posts: ids that were deleted.
    """

    world: World
    ripe_seconds: float = 10.0
    bills_includes: bool = True
    rules: list[dict[str, Any]] = field(default_factory=list)
    gone_posts: set[str] = field(default_factory=set)
    billed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    host: str = ""
    _uploads: dict[str, list[str]] = field(default_factory=dict)

    def add_rule(self, value: str, tag: str | None) -> None:
        """A rule that somebody else put there."""
        rule = {"id": str(10**18 + len(self.rules)), "value": value}
        self.rules.append(rule | ({"tag": tag} if tag is not None else {}))

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, Any]:
        """The answer to one request."""
        routes = {
            "/2/tweets/search/stream/rules": lambda: self._rules(method, body),
            "/2/tweets/search/recent": lambda: self._search(query),
            "/2/tweets/counts/recent": lambda: self._counts(query),
            "/2/tweets": lambda: self._posts(query),
            "/2/users": lambda: self._users(query["ids"].split(","), "id"),
            "/2/users/by": lambda: self._users(query["usernames"].split(","), "username"),
            "/2/usage/tweets": self._usage,
            "/2/activity/subscriptions": lambda: self._subscriptions(method, body),
        }
        return routes[path]() if path in routes else self._compliance(method, path, body)

    def with_includes(self, answer: dict[str, Any], page: Sequence[Made], query: dict[str, str]) -> dict[str, Any]:
        """The answer with the users and posts that were asked to come along; all of it is billed."""
        includes: dict[str, list[Any]] = {}
        wanted = query.get("expansions", "")
        if "author_id" in wanted:
            includes["users"] = [self.world.users[each] for each in dict.fromkeys(m.author_id for m in page)]
        if "referenced_tweets.id" in wanted:
            ids = dict.fromkeys(m.original_id for m in page if m.original_id)
            includes["tweets"] = [self.world.by_id[each].data for each in ids]
        self._bill("post", (made.post_id for made in page))
        if self.bills_includes:
            self._bill("user", (each["id"] for each in includes.get("users", ())))
            self._bill("post", (each["id"] for each in includes.get("tweets", ())))
        kept = {name: found for name, found in includes.items() if found}
        return answer | ({"includes": kept} if kept else {})

    def _rules(self, method: str, body: bytes) -> tuple[int, Any]:
        sent = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        if method == "GET":
            data = {"data": self.rules} if self.rules else {}
            return 200, {**data, "meta": {"sent": sent, "result_count": len(self.rules)}}
        order = orjson.loads(body)
        added, errors = [], []
        for rule in order.get("add", ()):
            if len(rule["value"]) > 1_024 or not rule["value"].strip():
                errors.append({"value": rule["value"], "title": "UnprocessedRule", "details": ["too long"]})
            elif any(each["value"] == rule["value"] for each in self.rules):
                errors.append({"value": rule["value"], "title": "DuplicateRule"})
            else:
                self.add_rule(rule["value"], rule.get("tag"))
                added.append(self.rules[-1])
        gone = set(order.get("delete", {}).get("ids", ()))
        self.rules = [rule for rule in self.rules if rule["id"] not in gone]
        summary = {"created": len(added), "not_created": len(errors), "valid": len(added), "invalid": len(errors)}
        if "delete" in order:
            summary = {"deleted": len(gone), "not_deleted": 0}
        answer = {"meta": {"sent": sent, "summary": summary}}
        return 201, answer | ({"data": added} if added else {}) | ({"errors": errors} if errors else {})

    def _search(self, query: dict[str, str]) -> tuple[int, Any]:
        size, now = int(query.get("max_results", 10)), time.time()
        start, end = _epoch(query.get("start_time"), now - 604_800), _epoch(query.get("end_time"), now - 30)
        wrong = (
            (len(query["query"]) > 512, "query", "longer than 512 characters"),
            (not 10 <= size <= 100, "max_results", "not between 10 and 100"),
            (end > now - self.ripe_seconds, "end_time", "must be a minimum of 10 seconds prior to the request"),
            (start < now - 604_800, "start_time", "more than 7 days ago"),
        )
        for is_wrong, name, message in wrong:
            if is_wrong:
                errors = [{"parameters": {name: [query.get(name)]}, "message": f"Invalid '{name}': {message}"}]
                return 400, {"errors": errors, "title": "Invalid Request", "detail": errors[0]["message"]}
        hits = [
            made
            for made in self.world.until(now)
            if start <= made.second < end and not made.is_repost and self.world.finds(query["query"], made)
        ][::-1]
        offset = int(query.get("next_token", "0") or 0)
        page = [made for made in hits[offset : offset + size] if made.post_id not in self.gone_posts]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].post_id, "oldest_id": page[-1].post_id}
        if offset + size < len(hits):
            meta["next_token"] = str(offset + size)
        return 200, self.with_includes({"data": [made.data for made in page], "meta": meta}, page, query)

    def _counts(self, query: dict[str, str]) -> tuple[int, Any]:
        now = time.time()
        start, end = _epoch(query.get("start_time"), now - 604_800), _epoch(query.get("end_time"), now)
        hits = [made for made in self.world.until(now) if self.world.finds(query["query"], made)]
        buckets = minute_counts(hits, start, end)
        self.billed["counts"].add(str(len(self.requests)))
        total = sum(each["tweet_count"] for each in buckets)
        return 200, {"data": buckets, "meta": {"total_tweet_count": total}}

    def _posts(self, query: dict[str, str]) -> tuple[int, Any]:
        ids = query["ids"].split(",")
        found = [self.world.by_id[each] for each in ids if each in self.world.by_id and each not in self.gone_posts]
        missing = [each for each in ids if each not in {made.post_id for made in found}]
        self._bill("post", (made.post_id for made in found))
        answer: dict[str, Any] = {"data": [made.data for made in found]} if found else {}
        return 200, answer | _not_found(missing, "tweet", "ids")

    def _users(self, wanted: list[str], name: str) -> tuple[int, Any]:
        known = {each[name].casefold(): each for each in self.world.users.values()}
        found = [known[each.casefold()] for each in wanted if each.casefold() in known]
        self._bill("user", (each["id"] for each in found))
        missing = [each for each in wanted if each.casefold() not in known]
        parameter = "ids" if name == "id" else "usernames"
        return 200, ({"data": found} if found else {}) | _not_found(missing, "user", parameter)

    def _usage(self) -> tuple[int, Any]:
        today = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00.000Z")
        read = str(len(self.billed["post"]))
        usage = {"project_id": "1", "usage": [{"date": today, "usage": read}]}
        limits = {"cap_reset_day": 3, "project_cap": "3000000", "project_id": "1", "project_usage": read}
        return 200, {"data": {**limits, "daily_project_usage": usage}}

    def _subscriptions(self, method: str, body: bytes) -> tuple[int, Any]:
        if method == "POST":
            self.subscriptions.append(orjson.loads(body) | {"subscription_id": str(len(self.subscriptions))})
        return 200, {"data": self.subscriptions, "meta": {"result_count": len(self.subscriptions)}}

    def _compliance(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        job_id = path.rsplit("/", 1)[-1]
        if path == "/2/compliance/jobs" and method == "POST":
            job_id = str(10**18 + len(self._uploads))
            self._uploads[job_id] = []
            return 200, {"data": self._job(job_id, "created")}
        if path.startswith("/2/compliance/jobs/") and job_id in self._uploads:
            return 200, {"data": self._job(job_id, "complete")}
        if path.startswith("/files/") and method == "PUT":
            self._uploads[job_id] = body.decode().splitlines()
            return 200, b""
        if path.startswith("/files/"):
            gone = [each for each in self._uploads[job_id] if each in self.gone_posts]
            lines = [{"id": each, "action": "delete", "reason": "deleted"} for each in gone]
            return 200, b"".join(orjson.dumps(line) + b"\n" for line in lines)
        return 404, {"title": "Not Found", "detail": "Not Found", "status": 404}

    def _job(self, job_id: str, status: str) -> dict[str, Any]:
        link, at = f"{self.host}/files/{job_id}", "2026-12-05T07:41:18.000Z"
        times = {"created_at": at, "upload_expires_at": at, "download_expires_at": at}
        where = {"upload_url": link, "download_url": link, "resumable": False}
        return {"id": job_id, "type": "tweets", "status": status, **where, **times}

    def _bill(self, kind: str, ids: Iterable[str]) -> None:
        self.billed[kind].update(ids)


def _epoch(written: str | None, default: float) -> float:
    return datetime.fromisoformat(written).timestamp() if written else default


def _not_found(missing: Sequence[str], kind: str, parameter: str) -> dict[str, Any]:
    errors = [
        {
            "value": each,
            "detail": f"Could not find {kind} with {parameter}: [{each}].",
            "title": "Not Found Error",
            "resource_type": kind,
            "parameter": parameter,
            "resource_id": each,
            "type": "https://api.twitter.com/2/problems/resource-not-found",
        }
        for each in missing
    ]
    return {"errors": errors} if errors else {}
