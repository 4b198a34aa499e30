"""A catalogue from Crossref, where the societies' journals register their abstract supplements.

The only file that imports habanero, Crossref's client. Numbers come from the DOI where it carries one
(ASCO, AACR, SABCS, ADA, ERS, ATS), else from the opening of the title (ESMO, EHA). Blood's supplement tells
neither: there the DOI's last part stands in for the number, and DOIs, trials and titles are still linked.
"""

from __future__ import annotations

import csv
import html
import io
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import habanero

from pipelines.abstracts.catalogue import COLUMNS
from pipelines.abstracts.schemes import scheme_of
from pipelines.congresses import Congress
from pipelines.errors import CongressError, InputError
from pipelines.model import Abstract

_TAG = re.compile(r"<[^<>]{1,80}>")
_NCT = re.compile(r"NCT\d{8}", re.IGNORECASE)
# "Abstract CT204: Title", "LBA1 - Title", "1253O Title", "S100: TITLE"
_OPENING = re.compile(
    r"^(?:abstract\s+)?(?P<n>[A-Za-z]{0,4}\d{1,5}(?:[-.]\d{1,3}){0,2}(?:-?[A-Za-z]{1,3})?(?:_PR)?)\s*[:.|\-–—]*\s+(?P<title>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Journal:
    """Where a society's abstracts are registered. ``doi`` has {y}/{yy} for the year; its group n is the number."""

    issn: str
    name: str
    doi: str
    number_in: str  # "doi", "title" or "nowhere"


JOURNALS: dict[str, Journal] = {
    "asco": Journal("1527-7755", "Journal of Clinical Oncology", r"10\.1200/jco\.{y}\.\d+\.\d+_suppl\.(?P<n>\w+)", "doi"),
    "ash": Journal("0006-4971", "Blood", r"10\.1182/blood-{y}-(?P<n>\d+)", "nowhere"),
    "esmo": Journal("0923-7534", "Annals of Oncology", r"10\.1016/j\.annonc\.{y}\.\d+\.\d+", "title"),
    "eha": Journal("2572-9241", "HemaSphere", r"10\.(?:1097/01\.hs9|1002/hem3)\S+", "title"),
    "sabcs": Journal("1557-3265", "Clinical Cancer Research", r"10\.1158/1557-3265\.sabcs{yy}-(?P<n>[\w-]+)", "doi"),
    "aacr": Journal("1538-7445", "Cancer Research", r"10\.1158/1538-7445\.am{y}-(?P<n>[\w-]+)", "doi"),
    "ada": Journal("0012-1797", "Diabetes", r"10\.2337/db{yy}-(?P<n>\d+-[a-z]+)", "doi"),
    "esc": Journal("0195-668X", "European Heart Journal", r"10\.1093/eurheartj/ehag?\d+\.(?P<n>\d+)", "nowhere"),
    "aha": Journal("0009-7322", "Circulation", r"10\.1161/circ\.\d+\.suppl_\d+\.(?P<n>\w+)", "nowhere"),
    "acc": Journal("0735-1097", "JACC", r"10\.1016/s0735-1097\({yy}\)(?P<n>\d+)-\w", "nowhere"),
    "ers": Journal("0903-1936", "European Respiratory Journal", r"10\.1183/13993003\.congress-{y}\.(?P<n>\w+)", "doi"),
    "ats": Journal("1073-449X", "AJRCCM", r"10\.1164/ajrccm(?:-conference)?\.{y}\.\S*abstracts\.(?P<n>\w+)", "doi"),
    "wclc": Journal("1556-0864", "Journal of Thoracic Oncology", r"10\.1016/j\.jtho\.{y}\.\d+\.\d+", "title"),
    "aan": Journal("0028-3878", "Neurology", r"10\.1212/wnl\.\d+", "title"),
}  # fmt: skip


def fetch_catalogue(
    congress: Congress,
    mailto: str | None = None,
    base_url: str = "https://api.crossref.org",
    wait: Callable[[float], None] = time.sleep,
) -> tuple[Abstract, ...]:
    """All abstracts of a congress that its society's journal has registered, in the order of their numbers.

    Args:
        mailto: an address, for Crossref's faster and politer pool.
        wait: called with seconds between tries after an error.

    Raises:
        InputError: when the society's journal is not known.
        CongressError: when Crossref does not answer after three tries.
    """
    scheme = scheme_of(congress.numbering, congress.id, congress.society)
    journal = JOURNALS.get(scheme or "")
    if journal is None:
        raise InputError(
            f"{congress.id}: no journal is known for its abstracts; write a catalogue file by hand, "
            f"or set numbering to one of {', '.join(sorted(JOURNALS))}"
        )
    year = congress.starts_on.year
    pattern = re.compile(journal.doi.replace("{yy}", f"{year % 100:02}").replace("{y}", f"{year}"), re.IGNORECASE)
    works = _works(journal, year, mailto, base_url, wait)
    found = {
        abstract.number: abstract for work in works if (abstract := _abstract(work, congress.id, journal, pattern))
    }
    return tuple(found[number] for number in sorted(found, key=_order))


def catalogue_csv(abstracts: Iterable[Abstract]) -> str:
    """The catalogue as CSV text that ``read_catalogue`` reads back; times with Z."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for abstract in abstracts:
        writer.writerow([_cell(getattr(abstract, name)) for name in COLUMNS])
    return out.getvalue()


def _works(
    journal: Journal, year: int, mailto: str | None, base_url: str, wait: Callable[[float], None]
) -> Iterator[dict[str, Any]]:
    """Records of the journal's year, page by page, as Crossref gives them."""
    client = habanero.Crossref(base_url=base_url, mailto=mailto, timeout=60)
    within = {"issn": journal.issn, "from_pub_date": f"{year}-01-01", "until_pub_date": f"{year + 1}-02-28"}
    fields = ["DOI", "title", "author", "clinical-trial-number"]
    for tries in range(1, 4):
        try:
            pages = client.works(filter=within, select=fields, cursor="*", cursor_max=50_000, limit=1000)
            break
        except Exception as error:  # habanero lets errors of its HTTP client, of JSON and its own through
            if tries == 3:
                raise CongressError(
                    f"Crossref does not answer for {journal.name} ({error}); try again later"
                ) from error
            wait(2.0**tries)
    for page in pages if isinstance(pages, list) else [pages]:
        yield from page["message"]["items"]


def _abstract(work: dict[str, Any], congress_id: str, journal: Journal, pattern: re.Pattern[str]) -> Abstract | None:
    """One record as an abstract; None for the journal's papers, errata and what has no number or title."""
    doi = _word(work, "DOI")
    found = pattern.fullmatch(doi)
    title = " ".join(html.unescape(_TAG.sub("", " ".join(_listed(work, "title", str)))).split())
    if not found or not title:
        return None
    opening = _OPENING.match(title)
    if journal.number_in == "title":
        if not opening:
            return None
        number, title = opening["n"], opening["title"]
    else:
        number = _number(found["n"]) if journal.number_in == "doi" else f"DOI-{found['n']}"  # nobody quotes it
        if opening and opening["n"].upper() == number.upper():
            title = opening["title"]
    trials = (_word(each, "clinical-trial-number") for each in _listed(work, "clinical-trial-number", dict))
    ncts = tuple(dict.fromkeys(nct.upper() for text in (*trials, title) for nct in _NCT.findall(text)))
    return Abstract(
        congress_id, number, title, presenter=_first_author(_listed(work, "author", dict)), doi=doi, nct=ncts
    )


def _word(record: dict[str, Any], name: str) -> str:
    found = record.get(name)
    return found if isinstance(found, str) else ""


def _listed(work: dict[str, Any], name: str, kind: type) -> list[Any]:
    """What is of the documented kind in a list of a record; what is not is passed over."""
    found = work.get(name)
    return [each for each in found if isinstance(each, kind)] if isinstance(found, list) else []


def _number(written: str) -> str:
    """As the society writes it: Crossref gives DOIs in small letters ("tps1149", "gs1-01"); only ASCO's e is small."""
    return written.lower() if re.fullmatch(r"e\d+", written, re.IGNORECASE) else written.upper()


def _first_author(authors: Sequence[dict[str, Any]]) -> str | None:
    first = next((each for each in authors if each.get("sequence") == "first"), authors[0] if authors else {})
    return " ".join(_word(first, part) for part in ("given", "family")).strip() or None


def _order(number: str) -> tuple[str, tuple[int, ...]]:
    return re.sub(r"\d+", "", number), tuple(int(digits) for digits in re.findall(r"\d+", number))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ";".join(each.replace(";", ",") for each in value)
    return f"{value.isoformat()}Z" if hasattr(value, "isoformat") else str(value)
