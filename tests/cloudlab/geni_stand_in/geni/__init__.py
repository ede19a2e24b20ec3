"""A stand-in for as much of geni-lib as profile.py uses: it writes the same elements, and no more."""
