from django.urls import path

from listening.erasure.api.views import CopyView, WithdrawalView

urlpatterns = [
    path("receipts/copy", CopyView.as_view(), name="receipt-copy"),
    path("receipts/withdrawal", WithdrawalView.as_view(), name="receipt-withdrawal"),
]
