from django.urls import path

from listening.publishing.api.views import (
    ApprovalView,
    ProposalsView,
    ProposalView,
    RejectionView,
    ReleasesView,
    WithdrawalView,
)

urlpatterns = [
    path("releases", ReleasesView.as_view(), name="releases-api"),
    path("releases/proposals", ProposalsView.as_view(), name="release-proposals"),
    path("releases/proposals/<int:pk>", ProposalView.as_view(), name="release-proposal"),
    path("releases/proposals/<int:pk>/approval", ApprovalView.as_view(), name="release-approval"),
    path("releases/proposals/<int:pk>/rejection", RejectionView.as_view(), name="release-rejection"),
    path("releases/<str:code>/withdrawal", WithdrawalView.as_view(), name="release-withdrawal"),
]
