"""The safety desk: posts that may tell of an adverse event, for human review; and posts before an embargo lifts."""
