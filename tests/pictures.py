"""A plugin beside nbval: what a re-run draws is compared with what the notebook stores, with a tolerance.

nbval itself compares no picture. Each figure's output holds a digest (`deepbook.page._digest`); a cell whose figure
depends on the processor may loosen the comparison in its metadata, and says why:

    "picture": {"tolerance": 0.2, "because": "a point moves when a training run takes another turn"}

With a tolerance of 10, as for times, only words and what there is are compared; with "words": false not even words,
as where a trained model writes.
"""

import math
import os
import re

import pytest

from deepbook.page._digest import MIME, unpack

TOLERANCE = 0.05  # of an axis, of the range of colours, of a number in a text
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
MOST = 6  # differences that are told


def differences(stored, fresh, tolerance=TOLERANCE, words=True):
    """What differs between two digests as they are stored, in words."""
    old, new = unpack(stored), unpack(fresh)
    if len(old) != len(new):
        return [f"{len(old)} frames are stored, {len(new)} are drawn"]
    found = []
    for number, (before, now) in enumerate(zip(old, new, strict=True), 1):
        for name in sorted(before.keys() | now.keys()):
            frame = f"frame {number}, " * (len(old) > 1)
            axes, _, part = name.partition(" ")
            place = frame + (name if axes == "figure" else f"axes {axes}, {part or 'title | x label | y label'}")
            if name not in before or name not in now:
                found.append(f"{place}: {'drawn, but not stored' if name in now else 'stored, but no longer drawn'}")
            else:
                found += [place + text for text in _differ(before[name], now[name], tolerance, words)]
    return found


def _differ(old, new, tolerance, words):
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            if key not in old or key not in new or not _agree(key, old[key], new[key], tolerance, words):
                yield f", {key}: stored {old.get(key)}, drawn {new.get(key)}"
    elif not _agree("", old, new, tolerance, words):
        yield f": stored {old!r}, drawn {new!r}"


def _agree(key, old, new, tolerance, words):
    if isinstance(old, list | str) and type(old) is not type(new):
        return False
    if isinstance(old, str):
        return not words or _same_text(old, new, tolerance)
    if key == "n":
        old, new = ([n] if isinstance(n, int) else n for n in (old, new))
        return len(old) == len(new) and all(map(_near, old, new, [tolerance] * 2))
    if key == "way":
        return abs(old - new) <= 2 * tolerance + 4 * tolerance * old
    if key == "limits":
        return _limits(["linear", *old], ["linear", *new], tolerance)
    if old and isinstance(old[0], str):
        return _limits(old, new, tolerance)
    length = max(len(old), len(new))
    old, new = (n * length if len(n) == 1 else n for n in (old, new))
    return len(old) == len(new) and all(
        a == b or (None not in (a, b) and abs(a - b) <= 1000 * tolerance) for a, b in zip(old, new, strict=True)
    )


def _limits(old, new, tolerance):
    if old[0] != new[0]:
        return False
    (a, b), (c, d) = ([math.log10(v) for v in side[1:]] if old[0] == "log" else side[1:] for side in (old, new))
    return max(abs(a - c), abs(b - d)) <= tolerance * abs(b - a)


def _same_text(old, new, tolerance):
    """The same words; numbers agree, and of two digits and more also when the last one is rounded the other way."""
    if NUMBER.sub("#", old) != NUMBER.sub("#", new):
        return False
    for one, other in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
        mantissa, _, power = one.partition("e")
        whole, _, decimals = mantissa.partition(".")
        last = int(power or 0) - len(decimals)  # the power of ten of the last digit
        unit = 10.0**last if decimals and len((whole + decimals).lstrip("-−0")) > 1 else 0.0
        if not _near(*(float(number.replace("−", "-")) for number in (one, other)), tolerance, unit):
            return False
    return True


def _near(old, new, tolerance, unit=0.0):
    return tolerance >= 10 or abs(old - new) <= max(tolerance * abs(old), 1.01 * unit)


def _digests(outputs):
    return [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """The kernel of a notebook, which its first cell starts, lays figures out without rendering their pixels."""
    if type(item).__name__ != "IPyNbCell":
        return (yield)
    os.environ["DEEPBOOK_PICTURES"] = "0"
    try:
        return (yield)
    finally:
        del os.environ["DEEPBOOK_PICTURES"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """After nbval has compared a cell's other outputs, compare what its figures show."""
    if type(item).__name__ != "IPyNbCell":  # of nbval, which need not be there where other tests run
        return (yield)
    if MIME not in item.parent.skip_compare:
        item.parent.skip_compare += (MIME,)
    result = yield
    if not item.options["check"]:  # the cell asks nbval to ignore its output, and says why (tools/check.py)
        return result
    stored, fresh = _digests(item.cell.outputs), _digests(item.test_outputs)
    allowed = item.cell.metadata.get("picture", {})
    if allowed and len(allowed.get("because", "")) < 20:
        item.raise_cell_error("metadata: 'picture' loosens the comparison of what is drawn, but 'because' says not why")
    if len(stored) != len(fresh):
        item.raise_cell_error(f"{len(stored)} figures are stored with what they show, {len(fresh)} are drawn")
    found = []
    for pair in zip(stored, fresh, strict=True):
        found += differences(*pair, allowed.get("tolerance", TOLERANCE), allowed.get("words", True))
    if found:
        more = [f"and {len(found) - MOST} more"] * (len(found) > MOST)
        item.raise_cell_error("The figure shows something else than is stored:\n" + "\n".join(found[:MOST] + more))
    return result
