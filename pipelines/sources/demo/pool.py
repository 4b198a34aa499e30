"""What can be reposted, quoted and answered at a moment, newest first, and who is likely to be."""

from __future__ import annotations

from random import Random

from pipelines.sources.demo.posts import WorldPost

_REACH = 320  # how many posts back a timeline goes
_TRIES = 14


class Pool:
    """The posts of one platform that others take up."""

    def __init__(self, appeal: dict[int, float]):
        self._posts: list[WorldPost] = []
        self._appeal = appeal  # author to a share of 1
        self._reposts: dict[int, int] = {}
        self._done: set[tuple[int, int]] = set()  # (author, place): nobody reposts a post twice

    def add(self, post: WorldPost) -> None:
        self._posts.append(post)

    def draw(self, rng: Random, author: int, *, to_repost: bool = False) -> WorldPost | None:
        """A recent post of somebody else; None when nothing fits."""
        found = None
        for _ in range(_TRIES if self._posts else 0):
            luck = rng.random()
            post = self._posts[-1 - int(min(len(self._posts), _REACH) * luck * luck)]
            if post.author == author or (to_repost and not self._may_repost(author, post)):
                continue
            found = post
            if rng.random() < self._appeal[post.author] * (0.6 if post.named else 1.0):
                break
        if found and to_repost:
            self._reposts[found.place] = self._reposts.get(found.place, 0) + 1
            self._done.add((author, found.place))
        return found

    def draw_of_burst(self, rng: Random, author: int, burst: int) -> WorldPost | None:
        """A post of a burst to repost: often the one that started it."""
        posts = [post for post in self._posts[-_REACH:] if post.burst == burst and post.author != author]
        posts = [post for post in posts if (author, post.place) not in self._done]
        if not posts:
            return None
        found = posts[0] if rng.random() < 0.45 else posts[int(rng.random() * len(posts))]
        self._done.add((author, found.place))
        return found

    def _may_repost(self, author: int, post: WorldPost) -> bool:
        """Not twice, and never so often that a post without a planted burst makes one."""
        most = 6 if post.named and post.burst is None else 45
        return (author, post.place) not in self._done and self._reposts.get(post.place, 0) < most
