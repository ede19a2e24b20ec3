#!/usr/bin/env python3
"""Makes sim/network/quantiles.cc: the quantiles of the standard normal distribution, as integers.

tools/quantiles.py           prints the file
tools/quantiles.py --write   writes it
tools/quantiles.py --check   exit code 1 unless the file in the tree is the same
"""

import pathlib
import sys
from statistics import NormalDist

OCTAVES = 32  # the tail probability from 1/2 down to 2^-33
CELLS = 32  # of equal width within an octave
TARGET = pathlib.Path(__file__).resolve().parent.parent / "sim" / "network" / "quantiles.cc"

HEAD = """\
// Made by tools/quantiles.py; do not edit.
#include "sim/network/quantiles.h"

namespace drydock::sim {

// clang-format off
const std::array<Fixed, kQuantileKnots> kNormalQuantiles = {
"""
TAIL = """\
};
// clang-format on

}  // namespace drydock::sim
"""


def knots():
    """How far from the mean a tail of probability q begins, for ascending q up to 1/2."""
    normal = NormalDist()
    for octave in reversed(range(OCTAVES)):
        for cell in range(CELLS):
            q = 2.0 ** -(octave + 2) * (1 + cell / CELLS)
            yield round(-normal.inv_cdf(q) * 2**32)
    yield 0


def render():
    numbers = list(knots())
    lines = []
    for start in range(0, len(numbers), 8):
        lines.append("    " + ", ".join(str(n) for n in numbers[start : start + 8]) + ",\n")
    return HEAD + "".join(lines) + TAIL


def main(arguments):
    if arguments == []:
        sys.stdout.write(render())
    elif arguments == ["--write"]:
        TARGET.write_text(render())
    elif arguments == ["--check"]:
        if TARGET.read_text() != render():
            print(f"{TARGET} is not what tools/quantiles.py makes: run tools/quantiles.py --write")
            return 1
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
