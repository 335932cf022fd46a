"""Attack 14: subtract what the world reads of a quarter from what a planner reads of it, by every address there is.

Exact counts beside rounded ones give the rounding away, and with it the small numbers that it hides. So of a quarter
that is published whoever reads counts alone is told what is published, or nothing.
"""
