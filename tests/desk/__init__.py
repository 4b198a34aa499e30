"""The compliance desk: what is triaged, who decides, what is kept."""
