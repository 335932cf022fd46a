"""Break everything that can break under sync, and count what was lost.

`python -m tests.faults.chaos` starts a PostgreSQL of its own and two server processes. Phones with the reference client
push and pull through a proxy that loses, doubles, delays and cuts requests, while a nemesis kills processes, fills the
disk and turns clocks. Then the faults stop, the phones sync once more, and what every answer had acknowledged is
compared with what is there.
"""
