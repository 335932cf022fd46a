"""Disclosure control: from counts of what people said to tables that may be published. Pure.

Knows numbers and codes alone: no database, no request, no other package of ours but arrays.
"""
