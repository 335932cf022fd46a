"""Releases over HTTP, for stewards: propose, read the report, approve or reject, withdraw."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.http.query_parameters import refuse_unknown
from backend.problems import NotFound
from listening.fieldwork.permissions import Publishes
from listening.fieldwork.person import person_of
from listening.publishing.api.serializers import (
    ProposalSerializer,
    ProposeSerializer,
    ReleaseSerializer,
    ReleasesSerializer,
    WithdrawSerializer,
)
from listening.publishing.models import ReleaseProposal
from listening.publishing.propose import approve, propose, reject, withdraw
from listening.releases.errors import NoRelease
from listening.releases.models import Release

MOST_RELEASES = 400  # a hundred years
REFUSED = OpenApiResponse(description="It cannot be done now; the problem says why.")


class ReleaseView(APIView):
    """What the views of releases share."""

    permission_classes = [Publishes]
    renderer_classes = [JSONRenderer]


class ReleasesView(ReleaseView):
    """All releases."""

    @extend_schema(operation_id="list_releases", responses=ReleasesSerializer)
    def get(self, request: Request) -> Response:
        """Releases, withdrawn ones too, and open proposals."""
        refuse_unknown(request.GET, [])
        shown = {"releases": Release.objects.all()[:MOST_RELEASES], "proposals": open_proposals()}
        return Response(ReleasesSerializer(shown).data)


class ProposalsView(ReleaseView):
    """Proposals."""

    @extend_schema(
        operation_id="propose_release", request=ProposeSerializer, responses={201: ProposalSerializer, 409: REFUSED}
    )
    def post(self, request: Request) -> Response:
        """Build and audit a release of a closed quarter, and propose it; nothing is published yet."""
        serializer = ProposeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        proposal = propose(by=person_of(request), request=request, **serializer.validated_data)
        return Response(ProposalSerializer(proposal).data, status=201)


class ProposalView(ReleaseView):
    """One proposal."""

    @extend_schema(operation_id="read_release_proposal", responses=ProposalSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A proposal with the report of its dry run."""
        refuse_unknown(request.GET, [])
        return Response(ProposalSerializer(found_proposal(pk)).data)


class ApprovalView(ReleaseView):
    """That a second steward agrees."""

    @extend_schema(operation_id="approve_release", request=None, responses={201: ReleaseSerializer, 409: REFUSED})
    def post(self, request: Request, pk: int) -> Response:
        """Approve a proposal of somebody else: it is built again, compared, audited and published."""
        release = approve(found_proposal(pk), by=person_of(request), request=request)
        return Response(ReleaseSerializer(release).data, status=201)


class RejectionView(ReleaseView):
    """That a steward does not agree."""

    @extend_schema(operation_id="reject_release", request=None, responses={200: ProposalSerializer, 409: REFUSED})
    def post(self, request: Request, pk: int) -> Response:
        """Reject a proposal, or take your own back."""
        return Response(ProposalSerializer(reject(found_proposal(pk), by=person_of(request), request=request)).data)


class WithdrawalView(ReleaseView):
    """That a release no longer holds."""

    @extend_schema(
        operation_id="withdraw_release", request=WithdrawSerializer, responses={200: ReleaseSerializer, 409: REFUSED}
    )
    def post(self, request: Request, code: str) -> Response:
        """Withdraw a release: its public addresses answer 410 with the reason from now on."""
        serializer = WithdrawSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        release = withdraw(found_release(code), by=person_of(request), request=request, **serializer.validated_data)
        return Response(ReleaseSerializer(release).data)


def open_proposals() -> list[ReleaseProposal]:
    """Proposals that nobody has decided. One query."""
    found = ReleaseProposal.objects.filter(state=ReleaseProposal.State.OPEN)
    return list(found.select_related("proposed_by", "decided_by"))


def found_proposal(pk: int) -> ReleaseProposal:
    """Raises NotFound."""
    found = ReleaseProposal.objects.select_related("proposed_by", "decided_by").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such proposal.")
    return found


def found_release(code: str) -> Release:
    """Raises NoRelease."""
    release = Release.objects.filter(code=code).first() if "\0" not in code else None
    if release is None:
        raise NoRelease(f"There is no release {code[:30]!r}.")
    return release
