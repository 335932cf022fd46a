"""The contact vault: whom residents let us call back, sealed, in a schema and under a role of their own.

The tables are made by SQL of the migration. The only join of a person to a conversation is here, and it is an id: the
tables of records know nothing of contacts.
"""

from __future__ import annotations

from django.db import models


class Contact(models.Model):
    """One person who may be called back, until a day. The name is sealed under a key of its own (`DataKey`)."""

    class Purpose(models.TextChoices):
        RECONTACT = "recontact"

    id = models.UUIDField(primary_key=True, editable=False)
    purpose = models.CharField(max_length=10, choices=Purpose)
    sealed_name = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = '"vault"."contact"'

    def __str__(self) -> str:
        return str(self.pk)


class DataKey(models.Model):
    """The key of one contact, wrapped by a key from the environment. Without it, what is sealed stays sealed."""

    contact = models.OneToOneField(Contact, primary_key=True, on_delete=models.CASCADE, related_name="key")
    key_id = models.CharField(max_length=20, help_text="Which key of the environment wraps it.")
    wrapped = models.BinaryField()

    class Meta:
        managed = False
        db_table = '"vault"."data_key"'

    def __str__(self) -> str:
        return f"key of {self.contact_id}"


class ContactDetail(models.Model):
    """One number or address of a contact, sealed. Its blind index tells whether another is equal, and no more."""

    class Kind(models.TextChoices):
        PHONE = "phone"
        EMAIL = "email"

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="details")
    kind = models.CharField(max_length=5, choices=Kind)
    sealed = models.BinaryField()
    blind_index = models.BinaryField(max_length=32)

    class Meta:
        managed = False
        db_table = '"vault"."detail"'

    def __str__(self) -> str:
        return f"{self.kind} of {self.contact_id}"


class ContactLink(models.Model):
    """Which conversation a contact belongs to."""

    contact = models.OneToOneField(Contact, primary_key=True, on_delete=models.CASCADE, related_name="link")
    conversation_id = models.UUIDField()

    class Meta:
        managed = False
        db_table = '"vault"."link"'

    def __str__(self) -> str:
        return f"{self.contact_id} of {self.conversation_id}"
