"""System checks: a misconfigured city is told what is wrong and how to mend it."""
