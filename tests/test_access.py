"""Who may do what: lists of congresses.yaml, claims of a sign-in, the person at this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.access import (
    FOR_ADMINS,
    ROLES,
    SENSITIVE,
    SIGHTED,
    Access,
    Person,
    is_at_the_machine,
    person_of,
    role_to_ask,
)
from pipelines.congresses import load, load_access
from pipelines.errors import ConfigError, NotAllowed, UsageError
from pipelines.reads import READS, _signature
from pipelines.sign_in import door, read_sign_in
from tests.records import YAML

LISTS = Access(
    viewers=("@company.example", "guest@elsewhere.example"),
    reviewers=("group:medical", "rita@company.example"),
    admins=("adam@company.example",),
)
SETTINGS = {
    "OIDC_DISCOVERY_URL": "https://login.company.example/.well-known/openid-configuration",
    "OIDC_CLIENT_ID": "pulse",
    "OIDC_CLIENT_SECRET": "hush-hush",
    "DASHBOARD_URL": "https://pulse.company.example/",
    "DASHBOARD_COOKIE_SECRET": "s" * 32,
}


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"email": "ann@company.example", "email_verified": True}, "viewer"),
        ({"email": "ANN@Company.Example", "email_verified": True}, "viewer"),
        ({"email": "ann@company.example", "email_verified": "true"}, "viewer"),
        ({"email": "ann@company.example", "xms_edov": "1"}, "viewer"),
        ({"email": "guest@elsewhere.example", "email_verified": True}, "viewer"),
        ({"email": "adam@company.example", "email_verified": True}, "admin"),
        ({"email": "rita@company.example", "email_verified": True}, "reviewer"),
        ({"email": "adam@company.example", "email_verified": True, "groups": ["medical"]}, "admin"),
        ({"email": "out@elsewhere.example", "email_verified": True, "groups": ["medical"]}, "reviewer"),
        ({"sub": "7", "groups": "medical"}, "reviewer"),
        # who is none of them
        ({}, "nobody"),
        ({"email": "adam@company.example"}, "nobody"),
        ({"email": "adam@company.example", "email_verified": False}, "nobody"),
        ({"email": "adam@company.example", "email_verified": "false"}, "nobody"),
        ({"email": "adam@company.example", "email_verified": None, "xms_edov": 0}, "nobody"),
        ({"email": "ann@sub.company.example", "email_verified": True}, "nobody"),
        ({"email": "ann@notcompany.example", "email_verified": True}, "nobody"),
        ({"email": "ann@company.example.evil.example", "email_verified": True}, "nobody"),
        ({"email": "ann@evil.example@company.example", "email_verified": True}, "nobody"),
        ({"email": "@company.example", "email_verified": True}, "nobody"),
        ({"email": ["adam@company.example"], "email_verified": True}, "nobody"),
        ({"groups": ["Medical", "group:medical", "adam@company.example", 7, None]}, "nobody"),
        ({"preferred_username": "adam@company.example", "name": "adam@company.example"}, "nobody"),
        ({"roles": ["medical"], "role": "admin"}, "nobody"),
    ],
)
def test_a_role_comes_from_the_lists_and_a_proven_address_or_group_alone(claims, role):
    assert role == person_of(claims, LISTS).role


def test_another_claim_may_carry_the_groups():
    assert "reviewer" == person_of({"roles": ["medical"]}, LISTS, "roles").role


def test_an_unproven_address_is_not_the_name_that_is_written_down():
    claims = {"email": "adam@company.example", "sub": "s-1", "name": "Adam\n\x00Admin", "groups": ["medical"]}
    assert "Adam  Admin (s-1)" == person_of(claims, LISTS).name


def test_each_role_may_what_those_below_it_may():
    may = [[Person("a", role).may(wanted) for wanted in ROLES] for role in ROLES]
    assert [[True] + [False] * 3, [True] * 2 + [False] * 2, [True] * 3 + [False], [True] * 4] == may
    with pytest.raises(NotAllowed, match="only for reviewers; ann is a viewer"):
        Person("ann", "viewer").require("reviewer", "this")


def test_reads_for_few_are_asked_in_ones_own_role_and_all_others_in_a_viewers():
    sighted = next(iter(SIGHTED))
    assert ["viewer", "viewer", "reviewer", "reviewer"] == [role_to_ask(sighted, Person("a", role)) for role in ROLES]
    assert list(ROLES) == [role_to_ask("audit", Person("a", role)) for role in ROLES]
    assert {"viewer"} == {role_to_ask("overview", Person("a", role)) for role in ROLES}


def test_every_read_with_a_sight_is_named_so_that_pages_ask_it_in_the_viewers_role():
    """A read that takes ``sight`` and is not in ``access.SIGHTED`` would be asked as a viewer by everybody."""
    assert SIGHTED == {name for name, read in READS.items() if "sight" in _signature(read)}
    assert READS.keys() >= FOR_ADMINS | SENSITIVE


def test_the_lists_are_read_from_the_file(tmp_path):
    file = tmp_path / "congresses.yaml"
    file.write_text(f'access:\n  viewers: "@Company.example"\n  reviewers: ["group:Medical Affairs"]\n{YAML}')
    assert Access(viewers=("@company.example",), reviewers=("group:Medical Affairs",)) == load_access(file)
    assert ["ash-2026"] == list(load(file))
    file.write_text(YAML)
    assert not load_access(file)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('access:\n  viewers: [company.example]\n', '2: access: viewers.0: "company.example" is neither an e-mail address'),
        ('access:\n  viewers: []\n  reviwers: [a@b.example]\n', '3: access: unknown key "reviwers" (did you mean "reviewers"?)'),
        ('access:\n  admins:\n    - a@b.example\n    - "group:"\n', '4: access: admins.1: "group:" is neither'),
        ('access:\n  viewers: [@company.example]\n', '2: cannot be read as YAML'),
        ('acess:\n  viewers: []\n', '1: unknown key "acess" (did you mean "access"?)'),
        ('access: everybody\n', '1: access: here keys with values are wanted'),
    ],
)  # fmt: skip
def test_a_mistake_in_the_lists_is_named_with_its_line(tmp_path, written, said):
    file = tmp_path / "congresses.yaml"
    file.write_text(written + YAML)
    with pytest.raises(ConfigError) as error:
        load(file)
    assert f"congresses.yaml:{said}" in str(error.value)


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:8501", "LOCALHOST", "[::1]:8501", "127.0.0.1"])
def test_the_person_at_the_machine_asks_at_a_loopback_name(host):
    assert is_at_the_machine({"Host": host, "Origin": f"http://{host}"})
    assert is_at_the_machine({"host": host})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "pulse.company.example"},
        {"Host": "127.0.0.1.evil.example:8501"},
        {"Host": "localhost.evil.example"},
        {"Host": "192.168.1.7:8501"},
        {"Host": "127.0.0.1:8501", "Origin": "https://pulse.company.example"},
        {"Host": "localhost:8501", "X-Forwarded-For": "10.0.0.9"},
        {"Host": "localhost:8501", "x-forwarded-host": "a.trycloudflare.com"},
        {"Host": "localhost:8501", "Forwarded": "for=10.0.0.9"},
        {"Host": "localhost:8501", "Via": "1.1 proxy"},
        {"Host": "localhost:8501", "Origin": "null"},
    ],
)
def test_a_tunnel_or_proxy_in_front_is_not_the_person_at_the_machine(headers):
    assert not is_at_the_machine(headers)


def test_without_a_line_in_env_there_is_no_sign_in():
    assert read_sign_in({}) is None
    assert read_sign_in({"OIDC_GROUPS_CLAIM": "roles"}) is None


def test_sign_in_is_read_from_env_and_keeps_its_secrets_to_itself():
    found = read_sign_in({**SETTINGS, "OIDC_GROUPS_CLAIM": "roles", "OIDC_SESSION_HOURS": "96"})
    assert found is not None
    assert ("https://pulse.company.example/oauth2callback", "roles", 96.0) == (
        found.redirect_uri,
        found.groups_claim,
        found.session_hours,
    )
    assert "hush" not in repr(found)
    assert "sss" not in repr(found)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET is missing"),
        ({"DASHBOARD_URL": "http://pulse.company.example"}, "https://... is wanted"),
        ({"DASHBOARD_URL": "pulse.company.example"}, "https://... is wanted"),
        ({"OIDC_DISCOVERY_URL": "http://login.company.example/x"}, "https://... is wanted"),
        ({"DASHBOARD_COOKIE_SECRET": "short"}, "at least 32"),
        ({"OIDC_SESSION_HOURS": "-1"}, "hours from 0 to 744"),
        ({"OIDC_SESSION_HOURS": "soon"}, "hours from 0 to 744"),
    ],
)
def test_a_mistake_in_env_is_one_sentence_without_a_secret(wrong, said):
    with pytest.raises(ConfigError, match=said) as error:
        read_sign_in({**SETTINGS, **wrong})
    assert "hush" not in str(error.value)


def test_who_is_let_in_follows_from_host_flag_and_sign_in():
    sign_in, config = read_sign_in(SETTINGS), Path("congresses.yaml")
    assert not door("127.0.0.1", False, None, Access(), config).open
    assert door("0.0.0.0", True, None, Access(), config).open
    assert sign_in == door("0.0.0.0", False, sign_in, LISTS, config).sign_in
    assert not door("0.0.0.0", True, sign_in, LISTS, config).open
    with pytest.raises(UsageError, match="no sign-in is set up"):
        door("0.0.0.0", False, None, LISTS, config)
    with pytest.raises(UsageError, match="nobody may come in"):
        door("127.0.0.1", False, sign_in, Access(), config)
