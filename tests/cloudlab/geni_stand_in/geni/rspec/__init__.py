"""Requests for machines: see pg.py."""
