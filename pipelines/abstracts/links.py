"""Abstracts named by a link or an identifier: DOIs, journal pages, meeting pages, NCT ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pipelines.model import Abstract

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>?#&]+[^\s\"<>?#&.,;:!'…)\]}]", re.IGNORECASE)
_NCT = re.compile(r"(?<![A-Za-z0-9])NCT[\s:#-]{0,2}(\d{8})(?!\d)", re.IGNORECASE)

# DOIs that carry the year and the number, measured on 2,149 of 2,149 real ones (ASCO, AACR); the rest from the societies' books
_CARRIERS = (
    re.compile(r"10\.1200/jco\.(?P<y>20\d\d)\.\d+\.\d+_suppl\.(?P<n>\w+)"),  # ASCO, ASCO GI, ASCO GU
    re.compile(r"10\.1158/(?:1538-7445|1557-3265)\.(?:am|sabcs)(?P<y>\d\d(?:\d\d)?)-(?P<n>[\w-]+)"),  # AACR, SABCS
    re.compile(r"10\.2337/db(?P<y>\d\d)-(?P<n>[\w-]+)"),  # ADA
    re.compile(r"10\.1183/13993003\.congress-(?P<y>20\d\d)\.(?P<n>\w+)"),  # ERS
    re.compile(
        r"10\.1164/ajrccm(?:-conference)?\.(?P<y>20\d\d)\.\d+\.(?:\d+_)?(?:meeting)?abstracts\.(?P<n>\w+)"
    ),  # ATS
    re.compile(r"10\.1093/ajrccm/[\w.]*?(?P<y>20\d\d)\.(?P<n>[a-d]\d{3,4})"),  # ATS, its later publisher
    re.compile(r"10\.1136/[a-z]+-(?P<y>20\d\d)-(?:igcs|esgo|sitc)(?P<y2>20\d\d)\.(?P<n>\d+)"),  # BMJ supplements
)
# pages of societies and journals whose path carries the number; other pages of theirs are opaque
_HOSTS = (
    "asco.org", "ascopubs.org", "aacrjournals.org", "aacr.org", "ashpublications.org", "hematology.org", "confex.com",
    "annalsofoncology.org", "esmo.org", "ehaweb.org", "diabetesjournals.org", "diabetes.org", "sabcs.org", "escardio.org",
    "ahajournals.org", "acc.org", "jacc.org", "jto.org", "iaslc.org", "ersjournals.com", "ersnet.org", "publications.ersnet.org",
    "atsjournals.org", "neurology.org", "aan.com", "cattendee.com", "abstractsonline.com", "m-anage.com", "journals.lww.com",
)  # fmt: skip
_NUMBER_IN_PATH = re.compile(
    r"(?:^|[/_-])(?:abstracts?|abs|posters?)[-_/ ]?(?:no[-_]?|number[-_]?|nr[-_]?)?(?P<a>[a-z]{0,4}\d{1,5}(?:-\d{1,3}){0,2}"
    r"(?:-?(?:p|or|lb|pub|o|mo|tip|ep))?)(?=[-_/.]|$)|/(?:suppl\w*(?![\w-])|(?=[\w-]*?supplement)[\w-]+)(?:/\d+)?/(?P<b>[\w-]+)(?=/|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """Rows that a link or identifier names. ``span`` is in the text, or (-1, -1) for a link."""

    numbers: tuple[str, ...]
    rule: str  # doi, nct, link
    evidence: str
    span: tuple[int, int]


class Links:
    """The DOIs, NCT ids and pages of one congress's abstracts."""

    def __init__(
        self,
        year: int,
        catalogue: Sequence[Abstract],
        resolve: Callable[[str], str | None],
        spell: Callable[[str], str],
    ):
        """``resolve`` gives the catalogue's spelling of a number, ``spell`` the scheme's (without a catalogue)."""
        self.year, self.resolve, self.spell = year, resolve, spell
        self.empty = not catalogue
        self._dois: dict[str, list[str]] = {}
        self._ncts: dict[str, list[str]] = {}
        for abstract in catalogue:
            if abstract.doi:
                self._dois.setdefault(abstract.doi.casefold(), []).append(abstract.number)
            for nct in abstract.nct:
                self._ncts.setdefault(nct, []).append(abstract.number)

    def named(self, text: str, links: Iterable[str]) -> Iterator[Named]:
        """Everything that links and text name by identifier; ``text`` is folded, not masked."""
        for link in links:
            yield from self._in_link(link)
        if "10." in text:
            for found in _DOI.finditer(text):
                yield from self._doi(found.group(), found.span())
        if "nct" in text or "NCT" in text or "Nct" in text:
            yield from self._nct(text, in_text=True)

    def _in_link(self, link: str) -> Iterator[Named]:
        plain = unquote(link)
        dois = [each for found in _DOI.finditer(plain) for each in self._doi(found.group(), (-1, -1))]
        yield from dois
        yield from self._nct(plain, in_text=False)
        if not dois:
            yield from self._page(link, plain)

    def _doi(self, doi: str, span: tuple[int, int]) -> Iterator[Named]:
        folded = re.sub(r"/(?:full|pdf|abstract|meta|epdf)$|\.pdf$", "", doi.casefold())
        if numbers := self._dois.get(folded):
            yield Named(tuple(numbers), "doi", doi, span)
            return
        for carrier in _CARRIERS:
            found = carrier.fullmatch(folded)
            if found and int(found["y"]) % 100 == self.year % 100:
                number = self.spell(found["n"]) if self.empty else self.resolve(found["n"])
                if number:
                    yield Named((number,), "doi", doi, span)

    def _nct(self, text: str, in_text: bool) -> Iterator[Named]:
        for found in _NCT.finditer(text):
            if numbers := self._ncts.get(f"NCT{found.group(1)}"):
                yield Named(tuple(numbers), "nct", found.group(), found.span() if in_text else (-1, -1))

    def _page(self, link: str, plain: str) -> Iterator[Named]:
        try:
            parts = urlsplit(plain)
            host = (parts.hostname or "").removeprefix("www.")
        except ValueError:  # "http://[broken" is a link in hostile posts
            return
        if self.empty or not host or not any(host == each or host.endswith(f".{each}") for each in _HOSTS):
            return
        years = re.findall(r"(?<!\d)20[12]\d(?!\d)", parts.path)
        if years and f"{self.year}" not in years:
            return
        for found in _NUMBER_IN_PATH.finditer(parts.path):
            number = self.resolve(found["a"] or found["b"])
            if number:
                yield Named((number,), "link", link, (-1, -1))
                return
