import pytest

from pipelines.errors import ConfigError
from pipelines.roles import curated_role, prevailing_role, read_role, read_voices, reviewed_role
from tests.roles.people import NOON, author


def voices_file(tmp_path, text):
    path = tmp_path / "voices.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_listed_voice_gets_its_role_with_the_note_as_evidence(tmp_path):
    voices = read_voices(voices_file(tmp_path, "handle,role,note\n@JaneDoe,hcp,hospital page\n"))
    role = curated_role(author(handle="janedoe"), voices, NOON)
    assert role is not None
    assert ("hcp", ("hospital page",), "voices.csv", "curated") == (
        role.role,
        role.evidence,
        role.decided_by,
        role.rule,
    )


def test_a_row_with_a_platform_holds_there_alone_and_before_the_general_one(tmp_path):
    text = "handle,role,note,platform\njane,media,,\njane,hcp,,bluesky\n"
    voices = read_voices(voices_file(tmp_path, text))
    found = [curated_role(author(handle="jane", platform=platform), voices, NOON) for platform in ("x", "bluesky")]
    assert ["media", "hcp"] == [role.role for role in found if role]


def test_unlisted_authors_have_no_curated_role(tmp_path):
    voices = read_voices(voices_file(tmp_path, "handle,role,note\n"))
    assert curated_role(author(handle="jane"), voices, NOON) is None
    assert curated_role(author(), voices, NOON) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ":1: empty"),
        ("handel,role,note\nx,hcp,\n", ':1: unknown column "handel" (did you mean "handle"?)'),
        ("handle,role,note\nx,hpc,\n", ':2: unknown role "hpc" (did you mean "hcp"?)'),
        ("handle,role,note\n,hcp,\n", ":2: no handle"),
        ("handle,role,note\nx,hcp,\n@X,media,\n", ":3: @X is listed twice (first in line 2)"),
        ("handle,role,note,platform\nx,hcp,,twiter\n", ':2: unknown platform "twiter"'),
        ("handle,role,note\nx,hcp,one, two\n", ":2: more cells than columns"),
    ],
)
def test_each_mistake_is_one_line_with_file_and_line(tmp_path, text, words):
    with pytest.raises(ConfigError) as caught:
        read_voices(voices_file(tmp_path, text))
    assert any(words in line and "voices.csv" in line for line in caught.value.mistakes)


def test_a_missing_or_unreadable_list_is_a_configuration_mistake(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        read_voices(tmp_path / "voices.csv")
    (tmp_path / "voices.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_voices(tmp_path / "voices.csv")


def test_a_reviewer_outranks_the_list_and_the_list_the_rules_whatever_the_order(tmp_path):
    voices = read_voices(voices_file(tmp_path, "handle,role,note\nsam,media,\n"))
    sam = author("Oncologist", handle="sam")
    rules, listed = read_role(sam, NOON), curated_role(sam, voices, NOON)
    reviewed = reviewed_role("x", "1", "society", "mara@example.org", "runs the society's account", NOON)
    assert rules is not None
    assert listed is not None
    assert reviewed == prevailing_role([reviewed, listed, rules])
    assert listed == prevailing_role([rules, listed])
    assert ("mara@example.org", NOON) == (reviewed.decided_by, reviewed.decided_at)
    assert prevailing_role([]) is None
