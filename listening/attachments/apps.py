from django.apps import AppConfig


class AttachmentsConfig(AppConfig):
    name = "listening.attachments"
    verbose_name = "Attachments"

    def ready(self) -> None:
        from django.db.models.signals import pre_delete

        from listening.attachments.discard import on_conversation_delete
        from listening.records.models import Conversation

        pre_delete.connect(on_conversation_delete, sender=Conversation, dispatch_uid="attachments.discard")
