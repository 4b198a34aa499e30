"""The words a recap uses and what they mean, and what it cannot tell. Constants."""

from __future__ import annotations

from pipelines.recap.model import Definition

PLATFORMS = {"x": "X", "bluesky": "Bluesky", "linkedin": "LinkedIn", "other": "Other platforms"}
ROLES = {
    "hcp": "HCPs",
    "researcher": "Researchers",
    "patient_advocate": "Patients and advocates",
    "society": "Societies",
    "pharma": "Industry",
    "media": "Media",
    "institution": "Institutions",
    "other": "Others",
    "unknown": "Not recognised",
}
KPIS = {
    "post_count": ("Posts", "Unique posts of every kind: originals, reposts, quotes and replies."),
    "original_count": ("Original posts", "Posts that are no repost, quote or reply, of all posts."),
    "author_count": ("Authors", "Unique accounts; one person on two platforms counts twice."),
    "hcp_author_share": ("HCP author share", "Authors recognised as health-care professionals, of all authors."),
    "hcp_post_share": ("HCP post share", "Posts by health-care professionals, of all posts. Not the author share."),
    "abstract_count": ("Abstracts spoken of", "Abstracts that at least one post speaks of, by any evidence."),
    "abstract_post_share": ("Posts on abstracts", "Posts that speak of at least one abstract, of all posts."),
    "engagement_count": (
        "Engagements",
        "Likes, reposts, replies and quotes of the posts, as known at the as-of moment.",
    ),
}
DEFINITIONS = (
    *(Definition(label, meaning) for label, meaning in KPIS.values()),
    Definition("HCP", "A health-care professional by what the account says of itself. Nobody is checked against a register."),
    Definition("Evidence of a voice", "The words of the profile that led to the role; strict where it says so plainly, probable where it lets one conclude so."),
    Definition("Voice rank", "Personalised PageRank over reposts, quotes, replies and mentions, restarting from HCPs only; followers do not count. Its parts stand beside it."),
    Definition("HCP engagers", "Other HCPs who reposted, quoted, answered or named the voice."),
    Definition("Evidence of an abstract", "Number: its number, DOI or registry id. Trial: the name of its trial. Wording: words of its title, a product or a presenter. Shared: taken over from the post that is reposted, quoted or answered."),
    Definition("Share of voice", "Posts naming an item, of all posts naming any tracked item of the same kind. A post that names two counts for both."),
    Definition("Question", "A post by an HCP, no repost, with a question mark outside a link."),
    Definition("Peak", "An hour with more posts than the hours around it and than two typical hours. What it coincides with is what the programme and the posts show for that hour; no cause is claimed."),
    Definition("Gap", "A span in which a source was not collected. Hours with a gap that was not filled are marked; nothing is drawn as zero that was not counted."),
    Definition("Congress before", "The same congress days and local hours of the congress compared with, by the same rules."),
)  # fmt: skip
LIMITS = (
    "Posts without the followed hashtags, accounts or words were not collected; nor were private groups and people who did not post.",
    "Posts that name no abstract in words, and pictures of slides, are missed: counts of an abstract are a lower bound.",
    "Patients and advocates are counted in every figure and listed nowhere.",
    "Posts before the listed embargo time of an abstract are counted and not shown; the listing may be wrong.",
    "Posts deleted or withheld on their platform are gone here too. Check again before sending: congress recap verify.",
    "At most 500 posts of X stand in full; the others as id and link.",
    "No figure says whether people agree, or whether data are good.",
)
