"""What counts of conversations say, and how surely: pure functions over arrays of places and themes.

Knows numbers alone: no database, no request, no language, no other package of ours.
"""
