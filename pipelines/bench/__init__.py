"""What a sceptical engineer runs first: each part prints figures beside a peer's or a limit, measured in one run.

Nothing here is asserted by a test; a slow machine is slow.
"""
