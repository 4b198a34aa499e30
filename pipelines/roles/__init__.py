"""Who is a clinician, and why: roles from profiles, each with the words that prove it.

Precedence: a reviewer's correction, then the curated list, then the rules (see ``prevailing_role``).
"""

from pipelines.roles.listing import read_bios
from pipelines.roles.precedence import prevailing_role, reviewed_role
from pipelines.roles.rules import read_role
from pipelines.roles.voices import Voice, Voices, curated_role, read_voices

__all__ = [
    "Voice",
    "Voices",
    "curated_role",
    "prevailing_role",
    "read_bios",
    "read_role",
    "read_voices",
    "reviewed_role",
]
