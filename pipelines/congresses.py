"""congresses.yaml into frozen models: what to follow, for whom, in which zone, from when to when.

``load`` reports every mistake at once, each as one line with file, line number, what is wrong and the
nearest right word.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from pipelines.access import Access
from pipelines.errors import ConfigError
from pipelines.hashtags import fold_hashtag, hashtags_in, year_twins

Numbering = Literal[
    "asco", "ash", "esmo", "eha", "sabcs", "aacr", "ada", "esc", "wclc", "aha", "acc", "ers", "ats", "aan", "demo",
]  # fmt: skip


TOP_KEYS = {"congresses", "access"}
LONGEST_FILE = 1_000_000  # characters; a congress takes about 700
_LONGEST_DAYS = 366
DEEPEST = 20  # levels of nesting; the file has five
_OPENS = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
_CLOSES = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


def _listed(value: Any) -> Any:
    """One word where a list is wanted is a list of one word."""
    return [value] if isinstance(value, str) else value


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f'unknown time zone "{name}"{_nearest(name, available_timezones())}')
    return name


def _both_years(tags: tuple[str, ...]) -> tuple[str, ...]:
    for tag in tags:
        if hashtags_in(f"#{fold_hashtag(tag)}") != (fold_hashtag(tag),):
            raise ValueError(f'"{tag}" is no hashtag: letters, digits and _ only, at least one letter')
    return tuple(dict.fromkeys(twin for tag in tags for twin in year_twins(tag)))


def _bare_handles(handles: tuple[str, ...]) -> tuple[str, ...]:
    for handle in handles:
        if not re.fullmatch(r"@?[\w.\-]+", handle):
            raise ValueError(f'"{handle}" is no account: write the handle alone, without a link')
    return tuple(handle.removeprefix("@") for handle in handles)


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Handles = Annotated[Words, AfterValidator(_bare_handles)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, str_min_length=1)


class Product(_Frozen):
    """A product to track, with the other names it goes by and who makes it."""

    name: str
    aliases: Words = ()
    company: str | None = None


class Company(_Frozen):
    """A company to track, with the other names it goes by."""

    name: str
    aliases: Words = ()


class Accounts(_Frozen):
    """Accounts whose posts are followed, per platform, as handles without ``@``."""

    x: Handles = ()
    bluesky: Handles = ()


class Safety(_Frozen):
    """The safety desk's clock: hours to decide on a possible adverse event, and the share of them at which people are told."""

    hours: float = 24.0
    alert_at: float = 0.5

    @model_validator(mode="after")
    def _makes_sense(self) -> Safety:
        if not 0 < self.hours <= 24 * 15:
            raise ValueError("hours counts hours to decide: more than 0, at most 360")
        if not 0 < self.alert_at < 1:
            raise ValueError("alert_at is a share of the hours between 0 and 1, like 0.5")
        return self


class Congress(_Frozen):
    """One congress. ``hashtags`` are folded with both spellings of their year; dates are local days."""

    id: str
    name: str
    society: str
    city: str
    timezone: Annotated[str, AfterValidator(_known_zone)]
    starts_on: date
    ends_on: date
    hashtags: Annotated[Words, AfterValidator(_both_years)]
    accounts: Accounts = Accounts()
    keywords: Words = ()
    products: tuple[Product, ...] = ()
    companies: tuple[Company, ...] = ()
    catalog: Path | None = None
    numbering: Numbering | None = None
    days_before: int = 7
    days_after: int = 7
    retention_days: int = 730
    safety: Safety = Safety()
    simulated: bool = False

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Congress:
        if self.ends_on < self.starts_on:
            raise ValueError(f"ends_on {self.ends_on} is before starts_on {self.starts_on}")
        if not self.hashtags and not self.keywords:
            raise ValueError('no hashtags and no keywords (a "#" starts a comment in YAML: write ASH26, not #ASH26)')
        if not 2000 <= self.starts_on.year <= self.ends_on.year <= 2200:
            raise ValueError(
                f"starts_on {self.starts_on} and ends_on {self.ends_on}: years from 2000 to 2200 are wanted"
            )
        if not 0 <= min(self.days_before, self.days_after) <= max(self.days_before, self.days_after) <= _LONGEST_DAYS:
            raise ValueError(f"days_before and days_after count days: 0 to {_LONGEST_DAYS}")
        if not 1 <= self.retention_days <= 100 * _LONGEST_DAYS:
            raise ValueError("retention_days counts days after following ends: 1 or more, at most a hundred years")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def follow_from(self) -> datetime:
        """The first moment followed, naive UTC: local midnight ``days_before`` the first day."""
        return _local_midnight(self.starts_on - timedelta(days=self.days_before), self.zone)

    @property
    def follow_until(self) -> datetime:
        """The moment following ends, naive UTC: local midnight after the last day and ``days_after``."""
        return _local_midnight(self.ends_on + timedelta(days=self.days_after + 1), self.zone)

    @property
    def kept_until(self) -> datetime:
        """The moment from which posts are purged, naive UTC: ``retention_days`` after following ends."""
        return self.follow_until + timedelta(days=self.retention_days)


def load(path: Path) -> dict[str, Congress]:
    """Congresses by id, in the order of the file.

    Raises:
        ConfigError: with one line per mistake, all of them at once.
    """
    document = _read(path)
    congresses = {key: document.congress(key, node) for key, node in document.entries()}
    document.access()
    document.complain()
    return {key: congress for key, congress in congresses.items() if congress is not None}


def load_access(path: Path) -> Access:
    """Who may see and do what: the key ``access`` of the file; nobody is listed where it is missing.

    Raises:
        ConfigError: with one line per mistake under ``access``.
    """
    document = _read(path)
    access = document.access()
    document.complain()
    return access


def _read(path: Path) -> _Document:
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_bombs(path, text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise ConfigError(f"{path}: not found; name your file with --config, or copy the project's own") from None
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(_unreadable(path, error)) from None
    return _Document(path, root)


def _refuse_bombs(path: Path, text: str) -> None:
    """Refuse what a short file can use to become endless: aliases that repeat aliases, and nesting without end.

    Raises:
        ConfigError: with the line.
    """
    if len(text) > LONGEST_FILE:
        raise ConfigError(f"{path.name}: longer than {LONGEST_FILE:,} characters")
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        line = token.start_mark.line + 1
        if isinstance(token, yaml.AliasToken):
            raise ConfigError(f"{path.name}:{line}: *{token.value}: aliases are not read; write the value out")
        depth += isinstance(token, _OPENS) - isinstance(token, _CLOSES)
        if depth > DEEPEST:
            raise ConfigError(f"{path.name}:{line}: nested too deeply")


def choose(congresses: Mapping[str, Congress], ids: Sequence[str], now: datetime) -> list[Congress]:
    """The congresses named, or else those in their window at ``now`` (naive UTC), or else the next one.

    Raises:
        ConfigError: when an id is unknown, or none is named and none is ahead.
    """
    unknown = [each for each in ids if each not in congresses]
    if unknown:
        raise ConfigError(*(f'unknown congress "{each}"{_nearest(each, congresses)}' for each in unknown))
    if ids:
        return [congresses[each] for each in dict.fromkeys(ids)]
    running = [each for each in congresses.values() if each.follow_from <= now < each.follow_until]
    ahead = sorted((each for each in congresses.values() if each.follow_from > now), key=lambda each: each.follow_from)
    if not running and not ahead:
        raise ConfigError("no congress is running or ahead: name one, or add one to congresses.yaml")
    return running or ahead[:1]


class _Document:
    """The YAML tree with its line numbers, and the mistakes found so far."""

    def __init__(self, path: Path, root: yaml.Node | None):
        self.path, self.root = path, root
        self.mistakes: list[tuple[int, str]] = []

    def entries(self) -> Iterable[tuple[str, yaml.Node]]:
        top = dict(self._pairs(self.root, "the file")) if self.root else {}
        for key in top.keys() - TOP_KEYS:
            self.note(self._key_line(self.root, key), f'unknown key "{key}"{_nearest(key, TOP_KEYS)}')
        if "congresses" not in top:
            self.note(1, 'no congresses: the file starts with the key "congresses:"')
            return []
        return self._pairs(top["congresses"], "congresses")

    def access(self) -> Access:
        """The lists under ``access``; none where there is a mistake."""
        pairs = self.root.value if isinstance(self.root, yaml.MappingNode) else ()
        node = next((child for key, child in pairs if key.value == "access"), None)
        if node is None:
            return Access()
        try:
            return Access.model_validate({name: _plain(child) for name, child in self._pairs(node, "access")})
        except ValidationError as error:
            for each in error.errors():
                self.note(self._line(node, each["loc"]), f"access: {_sentence(each, Access)}")
            return Access()

    def congress(self, key: str, node: yaml.Node) -> Congress | None:
        line = node.start_mark.line + 1
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key):
            self.note(line - 1, f'"{key}" is no id: small letters, digits and single hyphens, like ash-2026')
        values = {name: _plain(child) for name, child in self._pairs(node, key)}
        try:
            found = Congress.model_validate({**values, "id": key})
        except ValidationError as error:
            for each in error.errors():
                self.note(self._line(node, each["loc"]), f"{key}: {_sentence(each)}")
            return None
        return self._with_catalog(found, node)

    def _with_catalog(self, congress: Congress, node: yaml.Node) -> Congress:
        if congress.catalog is None:
            return congress
        catalog = self.path.parent / congress.catalog
        if not catalog.is_file():
            self.note(self._line(node, ("catalog",)), f"{congress.id}: catalog {congress.catalog} is not there")
        return congress.model_copy(update={"catalog": catalog})

    def note(self, line: int, what: str) -> None:
        self.mistakes.append((line, what))

    def complain(self) -> None:
        if self.mistakes:
            lines = (f"{self.path.name}:{line}: {what}" for line, what in sorted(set(self.mistakes)))
            raise ConfigError(*(each.encode("utf-8", "backslashreplace").decode() for each in lines))

    def _pairs(self, node: yaml.Node | None, where: str) -> list[tuple[str, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self.note(
                node.start_mark.line + 1 if node else 1,
                f"{where}: here keys with values are wanted, like name: ASH 2026",
            )
            return []
        seen: dict[str, yaml.Node] = {}
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.note(key.start_mark.line + 1, f"{where}: a key is a word, not a list of words")
                continue
            if key.value in seen:
                self.note(key.start_mark.line + 1, f'{where}: "{key.value}" stands twice')
            seen[str(key.value)] = child
        return list(seen.items())

    def _key_line(self, node: yaml.Node | None, key: str) -> int:
        return next((k.start_mark.line + 1 for k, _ in getattr(node, "value", ()) if k.value == key), 1)

    def _line(self, node: yaml.Node, loc: Sequence[int | str]) -> int:
        """The line of the key or item that ``loc`` leads to; of the entry's own name where it leads nowhere."""
        line = node.start_mark.line  # counts from 0, and the name stands one line above its first key
        for step in loc:
            if isinstance(node, yaml.MappingNode):
                found = [(key, value) for key, value in node.value if key.value == step]
                if not found:
                    return line
                (key, node) = found[0]
                line = key.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line + 1
        return line


def _plain(node: yaml.Node) -> Any:
    """The node as Python values; what YAML cannot build (31 November) stays the word it was written as."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value)[:100]: _plain(child) for key, child in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child) for child in node.value]
    try:
        return yaml.SafeLoader("").construct_document(node)
    except (ValueError, LookupError, AttributeError, TypeError, yaml.YAMLError):  # !!bool perhaps, !!timestamp soon
        return node.value


def _sentence(error: Mapping[str, Any], of: type[BaseModel] = Congress) -> str:
    """One pydantic error as one sentence in the words of the file; ``of`` is what the entry should be."""
    loc, kind = error["loc"], error["type"]
    where = ".".join(str(step) for step in loc)
    if kind == "extra_forbidden":
        return f'unknown key "{loc[-1]}"{_nearest(str(loc[-1]), _keys_at(loc, of))}'
    if kind == "missing":
        return f'"{loc[-1]}" is missing'
    if kind == "value_error":
        return f"{where}: {error['ctx']['error']}" if where else str(error["ctx"]["error"])
    if kind == "literal_error":
        return f'{where}: unknown scheme "{error["input"]}"{_nearest(str(error["input"]), Numbering.__args__)}'
    if error["input"] is None:
        return f'{where}: nothing stands there (a "#" starts a comment in YAML)'
    if kind.startswith("date"):
        return f'{where}: "{error["input"]}" is no date; write it as 2026-12-12'
    return f'{where}: "{error["input"]}": {error["msg"][0].lower()}{error["msg"][1:]}'


def _keys_at(loc: Sequence[int | str], of: type[BaseModel]) -> Iterable[str]:
    models: dict[Any, type[BaseModel]] = {
        "products": Product,
        "companies": Company,
        "accounts": Accounts,
        "safety": Safety,
    }
    model = models.get(loc[0], of) if len(loc) > 1 else of
    return model.model_fields.keys() - {"id"}


def _nearest(word: str, choices: Iterable[str]) -> str:
    choices = list(choices)
    found = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if not found:  # difflib weighs case: america/chicago is near America/Chicago
        found = [each for each in choices if each.casefold() == word.casefold()][:1]
    return f' (did you mean "{found[0]}"?)' if found else ""


def _unreadable(path: Path, error: Exception) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    line = f":{getattr(mark, 'line', 0) + 1}" if mark else ""
    hint = ' (write "@company.com" in quotation marks)' if problem and "'@'" in problem else ""
    return f"{path.name}{line}: cannot be read as YAML: {problem or error}{hint}"


def _local_midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)
