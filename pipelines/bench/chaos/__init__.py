"""The chaos suite: real collectors against servers that misbehave, on a disk that fills up and a clock that jumps.

``plan`` says what goes wrong, by a seed; ``jetstream`` and ``x`` are the servers; ``host`` is the collector process and
the machine under it; ``strikes`` carries each fault out; ``judge`` compares what is stored with what the servers know.
"""
