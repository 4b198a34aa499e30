"""Forgetting on request: a post, or an author with all posts, from every table, tape and block of the file."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import click

from pipelines.cli.settings import Settings, congress
from pipelines.cli.signals import do_stored
from pipelines.errors import UsageError


@congress.command(name="forget")
@click.option("--platform", required=True, help="x, bluesky, linkedin or other.")
@click.option("--post", "post_id", metavar="ID", help="The post to forget, with all reposts of it.")
@click.option("--author", "author_id", metavar="ID", help="The author to forget, with profile and all posts.")
@click.option("--reason", required=True, help="Who asked for it, and how.")
@click.option("--by", "reviewer", default=getpass.getuser, help="Who carries it out. [default: your user name]")
@click.option("--certificate", type=click.Path(path_type=Path), help="Also write the certificate into this file.")
@click.pass_obj
def forget_command(
    settings: Settings,
    platform: str,
    post_id: str | None,
    author_id: str | None,
    reason: str,
    reviewer: str,
    certificate: Path | None,
) -> None:
    """Forget a post or an author for good, and certify it: no table, tape or block of the file holds a word of it."""
    if (post_id is None) == (author_id is None):
        raise UsageError("name what to forget: --post ID or --author ID, one of them")
    target = "post" if post_id else "author"
    underway = do_stored(
        settings, "forget", reviewer=reviewer, platform=platform, target=target, target_id=post_id or author_id, reason=reason
    )  # fmt: skip
    if underway:  # on a mirror: the certificate comes with the answer
        settings.show({"asked for": "forget", "request": underway})
        return
    done = newest_certificate(settings.data)
    if certificate:
        certificate.write_text(json.dumps(done, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    settings.show(done)


def newest_certificate(data: Path) -> dict:
    """What the last forgetting certified."""
    from pipelines.asking import asking

    with asking(data) as reads:
        rows = reads.read("certificates", sight="admin")
    return json.loads(rows["certificate"][0].as_py())
