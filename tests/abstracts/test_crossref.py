"""A catalogue from Crossref, served by a loopback server in the shape of Crossref's own answers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.abstracts import read_catalogue
from pipelines.abstracts.bench import congress_of
from pipelines.abstracts.crossref import catalogue_csv, fetch_catalogue
from pipelines.errors import CongressError, InputError

_WORKS = {
    "1527-7755": [
        {"DOI": "10.1200/jco.2026.44.16_suppl.tps1149", "title": ["HERTHENA-X: <i>HER3</i>-DXd &amp; more."],
         "author": [{"given": "Ann", "family": "Lee", "sequence": "first"}, {"family": "Else", "sequence": "additional"}],
         "clinical-trial-number": [{"clinical-trial-number": "nct01234567", "registry": "10.18810/clinical-trials-gov"}]},
        {"DOI": "10.1200/jco.2026.44.16_suppl.e12345", "title": ["Online only."]},
        {"DOI": "10.1200/jco-25-01234", "title": ["A paper, no abstract"]},
        {"DOI": "10.1200/jco.2026.44.16_suppl.500", "title": []},
    ],
    "0923-7534": [
        {"DOI": "10.1016/j.annonc.2026.08.1039", "title": ["LBA1 Durvalumab in something"]},
        {"DOI": "10.1016/j.annonc.2026.08.1040", "title": ["1253O: Tarlatamab"]},
        {"DOI": "10.1016/j.annonc.2026.08.1041", "title": ["An editorial"]},
    ],
    "0006-4971": [{"DOI": "10.1182/blood-2026-213004", "title": ["Rusfertide"]}],
}  # fmt: skip


class _Crossref(BaseHTTPRequestHandler):
    """Pages of one record, with Crossref's cursor; the first answer may be an error."""

    errors = 0

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        issn = dict(part.split(":", 1) for part in asked["filter"][0].split(","))["issn"]
        if type(self).errors:
            type(self).errors -= 1
            self._answer(503, {"status": "error"})
            return
        at = 0 if asked["cursor"] == ["*"] else int(asked["cursor"][0])
        works = _WORKS[issn]
        message = {"total-results": len(works), "items": works[at : at + 1], "next-cursor": str(at + 1)}
        self._answer(200, {"status": "ok", "message-type": "work-list", "message": message})

    def _answer(self, status: int, body: dict) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def crossref():
    _Crossref.errors = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Crossref)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_numbers_come_from_the_doi_where_it_carries_them(crossref):
    trial, online = fetch_catalogue(congress_of("asco-2026"), base_url=crossref)
    assert ("TPS1149", "HERTHENA-X: HER3-DXd & more.", "Ann Lee", ("NCT01234567",)) == (
        trial.number, trial.title, trial.presenter, trial.nct,
    )  # fmt: skip
    assert ("e12345", "10.1200/jco.2026.44.16_suppl.e12345") == (online.number, online.doi)


def test_numbers_open_the_title_elsewhere(crossref):
    found = fetch_catalogue(congress_of("esmo-2026"), base_url=crossref)
    assert [("LBA1", "Durvalumab in something"), ("1253O", "Tarlatamab")] == [
        (each.number, each.title) for each in found
    ]


def test_where_no_number_is_told_the_doi_stands_in(crossref):
    (found,) = fetch_catalogue(congress_of("ash-2026"), base_url=crossref)
    assert "DOI-213004" == found.number


def test_an_error_is_tried_again_and_a_lasting_one_told(crossref):
    waits = []
    _Crossref.errors = 2
    assert 2 == len(fetch_catalogue(congress_of("esmo-2026"), base_url=crossref, wait=waits.append))
    assert 2 == len(waits)
    _Crossref.errors = 3
    with pytest.raises(CongressError, match="Crossref does not answer for Annals of Oncology"):
        fetch_catalogue(congress_of("esmo-2026"), base_url=crossref, wait=waits.append)


def test_a_congress_without_a_known_journal_says_what_to_do():
    with pytest.raises(InputError, match="no journal is known"):
        fetch_catalogue(congress_of("demo-2026"))


def test_what_is_fetched_can_be_read_back(crossref, tmp_path):
    found = fetch_catalogue(congress_of("asco-2026"), base_url=crossref)
    path = tmp_path / "asco.csv"
    path.write_text(catalogue_csv(found), encoding="utf-8")
    assert found == read_catalogue(path, "asco-2026")
