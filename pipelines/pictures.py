"""Charts as pictures: a Vega-Lite specification in, PNG or SVG out, without a browser and without the network.

The only file that imports vl_convert. Drawn with the Inter that is shipped in ``fonts/`` (SIL Open Font Licence), so a
picture looks the same on a machine without fonts, and the same input always gives the same bytes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

FONTS = Path(__file__).parent / "fonts"
FONT = "Inter"
WIDTH = 1100  # pixels of a chart that fills its container on the screen
PATIENCE = 30.0  # seconds
VEGA_LITE = "6.4"  # the version whose schema Altair writes

# pictographs, their modifiers and joiners, flags, private use: no glyph of the shipped font, and never needed to read a label
_PICTOGRAPHS = re.compile(
    "[\u200d\u20e3\u2600-\u27bf\u2b00-\u2bff\ue000-\uf8ff\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0000-\U000e007f]"
)

Format = Literal["png", "svg"]


def picture(spec: Mapping[str, Any], *, format: Format, scale: float = 2) -> bytes:
    """A Vega-Lite specification as a picture: PNG bytes, or SVG as UTF-8.

    Args:
        spec: top-level specification; its ``datasets`` may be Arrow tables or lists of rows. Times in it are epoch
            milliseconds or ISO text; naive datetimes are taken as UTC. A width of ``"container"`` becomes ``WIDTH``.
        format: which of the two.
        scale: pixels of a PNG for each pixel of the specification.

    Raises:
        ValueError: for a specification that is none, or that asks for data of an address: pictures never read from the net.
    """
    engine = _engine()
    ready = _ready(spec)
    if format == "svg":
        return engine.vegalite_to_svg(ready, vl_version=VEGA_LITE, allowed_base_urls=[]).encode()
    return engine.vegalite_to_png(ready, vl_version=VEGA_LITE, scale=scale, allowed_base_urls=[])


def picture_apart(spec: Mapping[str, Any], *, format: Format, scale: float = 2) -> bytes:
    """As ``picture``, in a process of its own: the converter holds the interpreter 0.4 s, which a server has not.

    Raises:
        ValueError: as ``picture``, with the converter's last line; or when it took longer than ``PATIENCE`` seconds.
    """
    order = json.dumps({"spec": _plain(spec), "format": format, "scale": scale}).encode()
    command = [sys.executable, "-m", "pipelines.pictures"]
    root = Path(__file__).parents[1]  # found from wherever the server was started
    try:
        done = subprocess.run(command, input=order, capture_output=True, timeout=PATIENCE, cwd=root, check=False)
    except subprocess.TimeoutExpired:
        raise ValueError(f"the picture took longer than {PATIENCE:.0f} s") from None
    if done.returncode:
        raise ValueError(f"the picture could not be drawn: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.stdout


@cache
def _engine() -> Any:
    """The converter with our fonts registered, loaded when the first picture is wanted: it takes about 100 MB."""
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert


def _ready(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The specification as plain JSON values, set in our font, of a width in pixels."""
    plain = {name: _plain(value) for name, value in spec.items()}
    for view in (plain, *plain.get("vconcat", ())):
        if view.get("width") == "container":
            view["width"] = WIDTH
    if not isinstance(plain.get("width", 0), int | float):
        raise ValueError(f"a picture's width is a number of pixels, not {plain['width']!r}")
    config = {"font": FONT, **plain.get("config", {})}
    return plain | {"config": config | {"font": FONT}}


def _plain(value: Any) -> Any:
    """A value as JSON has it, without pictographs in its texts; tables become lists of rows."""
    if isinstance(value, str):
        return without_pictographs(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime | date):
        return value.isoformat() + ("Z" if isinstance(value, datetime) and value.tzinfo is None else "")
    if hasattr(value, "to_pylist"):
        return _plain(value.to_pylist())
    return value


def without_pictographs(text: str) -> str:
    """Text without emoji and other pictographs, for labels set in the shipped font."""
    bare = _PICTOGRAPHS.sub("", text)
    return bare if bare == text else " ".join(bare.split())


def main() -> None:
    """An order on standard input, the picture on standard output: what ``picture_apart`` starts."""
    order = json.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(picture(order["spec"], format=order["format"], scale=order["scale"]))


if __name__ == "__main__":
    main()
