"""The audit trail as Django sees it: to be looked at. `record` appends, the database chains."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Entry(models.Model):
    """One thing that a person or a command did: to one record, or to many at once.

    People and records are named by their ids, without foreign keys: an entry outlives what it speaks of.
    The table is made and guarded by SQL of the migration; what is not chained yet is not in it.
    """

    position = models.BigIntegerField(primary_key=True, help_text="Place in the chain, from 1, without gaps.")
    id = models.BigIntegerField(unique=True, help_text="Order of beginning to write; has gaps where a request failed.")
    at = models.DateTimeField(help_text="Clock of the database.")
    written_by = models.CharField(max_length=63, help_text="Role in the database.")
    person_id = models.BigIntegerField(null=True, help_text="Who did it; none: a command, or nobody signed in.")
    credential = models.CharField(max_length=69, help_text="Kind and number of what they signed in with.")
    verb = models.CharField(max_length=32)
    model = models.CharField(max_length=65)
    ids = ArrayField(models.TextField())
    number = models.IntegerField(help_text="How many records; more than ids when these were too many to list.")
    subject_id = models.BigIntegerField(null=True, help_text="The person whom it was done to, e.g. who got a role.")
    request_id = models.CharField(max_length=64)
    purpose = models.CharField(max_length=32)
    hash = models.BinaryField()

    class Meta:
        managed = False
        db_table = "audit_entry"
        ordering = ["-position"]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"entry {self.position}"
