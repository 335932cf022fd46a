"""The reference client of NL-Sync/1, for whoever writes an app: what PROTOCOL.md asks of a phone, and nothing else.

It needs the standard library alone. Read `client` first, then `store`; C1 to C9 are the rules of PROTOCOL.md.

    client = Client(Store("phone.sqlite3"), Transport("https://listening.example.org", token))
    pk = client.create("conversation", {"occurred_at": "2026-11-23T09:12:00+01:00", "channel": "street", ...})
    client.update("conversation", pk, {"summary": "The bench is broken."})
    client.sync()
    for conversation in client.shown().values():
        ...
"""
