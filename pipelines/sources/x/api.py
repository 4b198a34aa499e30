"""X through tweepy: authentication, REST, rules, and the connection of the filtered stream.

The only importer of tweepy. What tweepy lacks is overridden here: the host (it hard-codes the old one),
time-outs, and the stream's read loop (``x_stream``). Everything here blocks.
"""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import requests
import tweepy
import urllib3
from tweepy.errors import BadRequest, Forbidden, HTTPException, NotFound, TooManyRequests, Unauthorized

from pipelines.clock import Clock, RealClock
from pipelines.sources.server_time import heard
from pipelines.sources.x.fields import mapping
from pipelines.sources.x.framing import AT_ONCE, Broken, body_of
from pipelines.sources.x.rules import Rule, read_rules
from pipelines.sources.x.stream import Connection, Event, StreamLoop, Timing, Unreachable

HOST = "https://api.x.com"
POST_FIELDS = (
    *("id", "text", "created_at", "author_id", "conversation_id", "public_metrics", "referenced_tweets"),
    *("entities", "lang", "note_tweet", "edit_history_tweet_ids", "possibly_sensitive", "withheld"),
)
USER_FIELDS = (
    *("id", "username", "name", "description", "location", "entities", "verified", "verified_type"),
    *("public_metrics", "profile_image_url", "protected", "withheld"),
)
_TIMEOUT = (10.0, 30.0)  # connect, read
_NETWORK = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


class Denied(Exception):
    """X refuses for good: 401 (the key), 403 (what the key may do), 400 or 404 (what was asked)."""

    def __init__(self, status: int, detail: str):
        self.status = status
        super().__init__(f"X answered {status}: {detail}")


class Limited(Exception):
    """Asked too often; ``until`` (naive UTC) is when X answers again, if it said."""

    def __init__(self, until: datetime | None):
        self.until = until
        super().__init__("rate limit reached")


class _Rest(tweepy.Client):
    """tweepy's client on another host, with time-outs."""

    def __init__(self, token: str, host: str, clock: Clock):
        super().__init__(token, return_type=requests.Response)
        self.host, self.clock = host, clock

    def request(
        self, method: str, route: str, params: Any = None, json: Any = None, user_auth: bool = False
    ) -> requests.Response:
        return _answer(self, self.host, method, route, params, json)


class _Streaming(tweepy.StreamingClient):
    """tweepy's stream with our read loop: ``filter`` connects to ours instead of looping itself."""

    def __init__(self, token: str, host: str, clock: Clock, connected: Callable[[requests.Response], None]):
        super().__init__(token, return_type=requests.Response)
        self.host, self.clock, self._connected = host, clock, connected
        self.read_timeout = Timing().stall

    def request(
        self, method: str, route: str, params: Any = None, json: Any = None, user_auth: bool = False
    ) -> requests.Response:
        return _answer(self, self.host, method, route, params, json)

    def _connect(self, method: str, endpoint: str, **kwargs: Any) -> None:
        asked = time.monotonic()
        response = self.session.request(
            method,
            f"{self.host}/2/tweets/{endpoint}/stream",
            params=kwargs.get("params"),
            headers=_headers(self),
            timeout=(_TIMEOUT[0], self.read_timeout),
            stream=True,
        )
        heard(self.clock, response.headers.get("Date"), time.monotonic() - asked)
        self._connected(response)


def _headers(client: tweepy.Client | tweepy.StreamingClient) -> dict[str, str]:
    # without gzip each line comes when it is written, not when a compressor's block is full
    agent, key = client.user_agent, client.bearer_token
    return {"User-Agent": agent, "Authorization": f"Bearer {key}", "Accept-Encoding": "identity"}


def _answer(
    client: _Rest | _Streaming,
    host: str,
    method: str,
    route: str,
    params: Any,
    json: Any,
) -> requests.Response:
    """One request, with tweepy's errors for what is no 2xx."""
    asked = time.monotonic()
    response = client.session.request(
        method, host + route, params=params, json=json, headers=_headers(client), timeout=_TIMEOUT
    )
    heard(client.clock, response.headers.get("Date"), time.monotonic() - asked)
    known = {400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound}
    if response.status_code == 429:
        reset = response.headers.get("x-rate-limit-reset", "")
        raise TooManyRequests(response, reset_time=int(reset) if reset.isdecimal() else None)
    if response.status_code in known:
        raise known[response.status_code](response)
    if not 200 <= response.status_code < 300:
        raise HTTPException(response)
    return response


class XApi:
    """What the source asks of X. Answers are the raw bytes, for the parser and the tape.

    Raises, all of them: ``Denied``, ``Limited``, ``Unreachable``.
    """

    def __init__(self, token: str, host: str = HOST, clock: Clock | None = None):
        self._clock: Clock = clock or RealClock()
        self._rest = _Rest(token, host, self._clock)
        self._streaming = _Streaming(token, host, self._clock, self._take)
        self._taken: requests.Response | None = None

    # stream and rules

    def stream(self, expansions: Sequence[str], emit: Callable[[Event], None], timing: Timing | None) -> StreamLoop:
        """The read loop over the filtered stream; run it in a thread."""
        loop = StreamLoop(lambda: self._open(expansions), self.free_connections, emit, timing, now=self._clock.now)
        self._streaming.read_timeout = loop.timing.stall
        return loop

    def activity(self, emit: Callable[[Event], None], timing: Timing | None) -> StreamLoop:
        """The read loop over the Activity API's stream."""
        stall = (timing or Timing()).stall
        return StreamLoop(lambda: self._open_activity(stall), lambda: None, emit, timing, now=self._clock.now)

    def rules(self) -> tuple[Rule, ...]:
        return read_rules(_decoded(self._call(self._streaming.get_rules)))

    def add_rules(self, rules: Sequence[Rule]) -> Mapping[str, Any]:
        """The answer: ``data`` with those taken, ``errors`` with those that were not."""
        wanted = [tweepy.StreamRule(value=rule.value, tag=rule.tag) for rule in rules]
        return _decoded(self._call(lambda: self._streaming.add_rules(wanted)))

    def delete_rules(self, rules: Sequence[Rule]) -> None:
        self._call(lambda: self._streaming.delete_rules([rule.rule_id for rule in rules if rule.rule_id]))

    def free_connections(self) -> None:
        """End every stream connection of this key, also those of a former process."""
        with contextlib.suppress(Denied, Limited):
            self._call(lambda: self._rest.request("DELETE", "/2/connections/all"))

    # search and counts

    def search(
        self,
        query: str,
        start: datetime,
        end: datetime,
        max_results: int,
        next_token: str | None,
        expansions: Sequence[str],
    ) -> bytes:
        """One page of recent search, newest first; ``start`` and ``end`` are UTC to the second."""
        return self._call(
            lambda: self._rest.search_recent_tweets(
                query,
                start_time=start.replace(tzinfo=UTC),
                end_time=end.replace(tzinfo=UTC),
                max_results=max_results,
                tweet_fields=list(POST_FIELDS),
                **_given(next_token=next_token, **_expanding(expansions)),
            )
        ).content

    def counts(self, query: str, start: datetime | None, end: datetime | None, granularity: str) -> bytes:
        """Counts of recent search; the last seven days where no times are given."""
        times = {"start_time": start and start.replace(tzinfo=UTC), "end_time": end and end.replace(tzinfo=UTC)}
        return self._call(
            lambda: self._rest.get_recent_tweets_count(query, granularity=granularity, **_given(**times))
        ).content

    # look-ups

    def posts(self, ids: Sequence[str]) -> bytes:
        """Up to 100 posts by id, nothing expanded."""
        return self._call(lambda: self._rest.get_tweets(list(ids), tweet_fields=list(POST_FIELDS))).content

    def users(self, ids: Sequence[str]) -> bytes:
        """Up to 100 users by id."""
        return self._call(lambda: self._rest.get_users(ids=list(ids), user_fields=list(USER_FIELDS))).content

    def users_named(self, handles: Sequence[str]) -> bytes:
        """Up to 100 users by handle."""
        return self._call(lambda: self._rest.get_users(usernames=list(handles), user_fields=list(USER_FIELDS))).content

    def usage(self) -> Mapping[str, Any]:
        """What X counted as read, by day."""
        params = {"usage.fields": "daily_project_usage,project_usage,project_cap,cap_reset_day"}
        return _decoded(self._call(lambda: self._rest.request("GET", "/2/usage/tweets", params=params)))

    # compliance and activity

    def create_compliance_job(self, kind: str) -> Mapping[str, Any]:
        """A new job for ``tweets`` or ``users``: with id, upload_url and download_url."""
        return mapping(_decoded(self._call(lambda: self._rest.create_compliance_job(kind))), "data")

    def compliance_job(self, job_id: str) -> Mapping[str, Any]:
        return mapping(_decoded(self._call(lambda: self._rest.get_compliance_job(job_id))), "data")

    def upload_ids(self, url: str, ids: Iterable[str]) -> None:
        """The ids, one a line, to where the job said; the link itself is the permission."""
        content = "\n".join(ids).encode()
        self._plain(lambda: requests.put(url, content, headers={"Content-Type": "text/plain"}, timeout=_TIMEOUT))

    def download(self, url: str) -> bytes:
        return self._plain(lambda: requests.get(url, timeout=_TIMEOUT)).content

    def subscriptions(self) -> Mapping[str, Any]:
        """The Activity API's subscriptions of this key."""
        return _decoded(self._call(lambda: self._rest.request("GET", "/2/activity/subscriptions")))

    def subscribe(self, event_type: str, user_id: str, tag: str) -> None:
        wanted = {"event_type": event_type, "filter": {"user_id": user_id}, "tag": tag}
        self._call(lambda: self._rest.request("POST", "/2/activity/subscriptions", json=wanted))

    def close(self) -> None:
        self._rest.session.close()
        self._streaming.session.close()

    # inside

    def _take(self, response: requests.Response) -> None:
        self._taken = response

    @contextlib.contextmanager
    def _open(self, expansions: Sequence[str]) -> Generator[Connection, None, None]:
        try:
            self._streaming.filter(tweet_fields=list(POST_FIELDS), **_expanding(expansions))
        except _NETWORK as error:
            raise Unreachable(_cause(error)) from None
        response, self._taken = self._taken, None
        if response is None:
            raise Unreachable("no answer")
        with response:
            yield _Connection(response)

    @contextlib.contextmanager
    def _open_activity(self, stall: float) -> Generator[Connection, None, None]:
        url = f"{self._rest.host}/2/activity/stream"
        try:
            response = requests.get(url, headers=_headers(self._rest), timeout=(_TIMEOUT[0], stall), stream=True)
        except _NETWORK as error:
            raise Unreachable(_cause(error)) from None
        with response:
            yield _Connection(response)

    def _call(self, request: Callable[[], requests.Response]) -> requests.Response:
        """tweepy's errors as ours."""
        try:
            return request()
        except TooManyRequests as error:
            reset = error.reset_time
            raise Limited(datetime.fromtimestamp(reset, UTC).replace(tzinfo=None) if reset else None) from None
        except (BadRequest, Unauthorized, Forbidden, NotFound) as error:
            detail = "; ".join(map(str, error.api_messages or error.api_errors)) or error.response.text[:200]
            raise Denied(error.response.status_code, detail) from None
        except HTTPException as error:
            raise Unreachable(f"X answered {error.response.status_code}") from None
        except _NETWORK as error:
            raise Unreachable(_cause(error)) from None

    def _plain(self, request: Callable[[], requests.Response]) -> requests.Response:
        try:
            response = request()
        except _NETWORK as error:
            raise Unreachable(_cause(error)) from None
        if not response.ok:
            raise Unreachable(f"the file store answered {response.status_code}")
        return response


class _Connection:
    """A streamed response as the read loop wants it."""

    def __init__(self, response: requests.Response):
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    def chunks(self) -> Iterator[list[bytes]]:
        raw = self._response.raw
        receive = _bulk(raw)
        try:
            if receive:
                yield from body_of(receive)
            else:
                yield from (piece.split(b"\n") for piece in raw.stream(AT_ONCE, decode_content=True))
        except Broken as end:
            raise Unreachable(f"connection lost ({end})") from None
        except _NETWORK as error:
            raise Unreachable(_cause(error)) from None

    def body(self) -> bytes:
        try:
            return self._response.content
        except _NETWORK:
            return b""

    def abort(self) -> None:
        with contextlib.suppress(Exception):  # it may be closed already, in any of urllib3's ways
            self._response.raw.shutdown()


def _bulk(raw: Any) -> Callable[[int], bytes] | None:
    """How to read a chunked body with its framing, as it came: from the buffer that urllib3 itself reads.

    None where urllib3 must do the reading: the body is compressed, comes without chunks, was begun, or the buffer is not where
    urllib3 2 and the standard library keep it.
    """
    below = getattr(raw, "_fp", None)
    if not isinstance(below, http.client.HTTPResponse) or not getattr(below, "chunked", False):
        return None
    is_plain = raw.headers.get("Content-Encoding", "identity") == "identity"
    is_untouched = getattr(below, "chunk_left", 0) is None
    return getattr(getattr(below, "fp", None), "read1", None) if is_plain and is_untouched else None


def _decoded(response: requests.Response) -> Mapping[str, Any]:
    """The answer as an object; a proxy's page of HTML in its place passes as a fault."""
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        raise Unreachable("X answered with something that is no JSON") from None
    return answer if isinstance(answer, dict) else {}


def _expanding(expansions: Sequence[str]) -> dict[str, Any]:
    if not expansions:
        return {}
    users = {"user_fields": list(USER_FIELDS)} if any("author" in each for each in expansions) else {}
    return {"expansions": list(expansions), **users}


def _given(**parameters: Any) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _cause(error: Exception) -> str:
    """A fault of the network in few words, without hosts, addresses or the key."""
    if "timed out" in str(error).lower():
        return "nothing came, not even a keep-alive"
    names = [type(each).__name__ for each in (error, error.__cause__, error.__context__) if each is not None]
    return f"connection lost ({names[0]})"
