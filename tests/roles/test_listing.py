import pytest

from pipelines.errors import InputError
from pipelines.roles import read_bios


def test_each_bio_gets_its_role_with_evidence():
    lines = [b'{"handle": "@a", "display_name": "Ann, RN", "bio": "ward"}\n', b"\n", b'{"handle": "b", "bio": null}\n']
    found = list(read_bios(lines))
    assert [("@a", "hcp", "strict", ["RN"]), ("b", "other", "probable", [])] == [
        (one["handle"], one["role"], one["confidence"], one["evidence"]) for one in found
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "line 2: not JSON"),
        (b"[]", "line 2: not an object"),
        (b'{"handle": "x", "bio": 3}', "line 2: bio is not text but int"),
        (b'{"bio": "nurse"}', "line 2: no handle"),
        (b"\xff\xfe", "line 2: not JSON"),
    ],
)
def test_a_bad_line_is_one_error_that_names_it(line, words):
    with pytest.raises(InputError, match=words):
        list(read_bios([b'{"handle": "x"}', line]))
