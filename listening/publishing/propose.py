"""Two-person approval: one steward proposes after a dry run, another reads the report and approves."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from rest_framework.request import Request

from backend import clock
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.models import User
from listening.fieldwork.roles import PUBLISH
from listening.publishing.build import Draft, build_release, check_ready, parse_quarter, report_document
from listening.publishing.errors import (
    NotASteward,
    ProposalClosed,
    ProposalOpen,
    ProposalOutdated,
    TooFewAffected,
)
from listening.publishing.models import ReleaseProposal
from listening.publishing.publish import check_audit, check_two_people, publish, withdraw_release
from listening.publishing.revise import FEWEST_AFFECTED
from listening.releases.content import cells_of
from listening.releases.models import Release

Asked = Request | HttpRequest | None


def check_steward(person: User) -> None:
    """Raises NotASteward for whoever is no steward of the whole city today."""
    if not (person.is_active and person.scope.reach(*PUBLISH).everywhere):
        raise NotASteward(f"{person.get_username()} is not a steward of the whole city.")


def dry_run(quarter: str, *, correction: str = "", affected: int = 0) -> Draft:
    """Build what would be published, and check it; writes nothing.

    Raises what `build_release` and `check_ready` raise, and TooFewAffected for a revision.
    """
    period = parse_quarter(quarter)
    correction = correction.strip()
    revision = check_ready(period, correction=correction)
    if revision > 1 and affected < FEWEST_AFFECTED:
        raise TooFewAffected(
            f"A revision corrects what concerns {FEWEST_AFFECTED} conversations or more; this one names {affected}.",
            affected=affected,
        )
    draft = build_release(period, revision=revision, correction=correction)
    if revision > 1:
        before = Release.objects.of_quarter(period.label).first()
        if before is not None and cells_of(before) == draft.content.cells:
            raise TooFewAffected(f"No count differs from those of {before.code}.", affected=affected)
    return draft


def propose(
    quarter: str, *, by: User, correction: str = "", affected: int = 0, request: Asked = None
) -> ReleaseProposal:
    """Propose a release. Raises what `dry_run` raises, AuditFailed, NotASteward, ProposalOpen."""
    check_steward(by)
    draft = dry_run(quarter, correction=correction, affected=affected)
    return _keep(draft, by=by, affected=affected, request=request)


def publish_release(
    quarter: str, *, proposed_by: User, approved_by: User, correction: str = "", affected: int = 0
) -> Release:
    """Propose and approve in one go, for whoever has the machine and the word of two stewards.

    Raises what `propose` and `approve` raise.
    """
    for person in (proposed_by, approved_by):
        check_steward(person)
    check_two_people(proposed_by, approved_by)
    draft = dry_run(quarter, correction=correction, affected=affected)
    return publish(
        draft, then=lambda release: _decided(release, _keep(draft, by=proposed_by, affected=affected), by=approved_by)
    )


def _keep(draft: Draft, *, by: User, affected: int, request: Asked = None) -> ReleaseProposal:
    check_audit(draft)
    head = draft.content.head
    try:
        with transaction.atomic():
            proposal = ReleaseProposal.objects.create(
                quarter=head.quarter,
                revision=head.revision,
                correction=head.correction,
                affected=affected,
                proposed_by=by,
                proposed_at=clock.now(),
                digest=draft.digest,
                report=report_document(draft),
            )
            record(Verb.PROPOSE_RELEASE, ReleaseProposal, [proposal.pk], request=request, by=by)
    except IntegrityError:
        raise ProposalOpen(f"{head.quarter} is proposed already; approve or reject that proposal.") from None
    return proposal


def approve(proposal: ReleaseProposal, *, by: User, request: Asked = None) -> Release:
    """Publish what was proposed. The proposal is decided in the transaction that publishes.

    Raises SamePerson, NotASteward, ProposalClosed; ProposalOutdated when records have changed what would be published;
    and what `publish` raises.
    """
    check_steward(by)
    check_two_people(proposal.proposed_by, by)
    _check_open(proposal)
    period = parse_quarter(proposal.quarter)
    revision = check_ready(period, correction=proposal.correction)
    draft = build_release(period, revision=revision, correction=proposal.correction)
    if (draft.digest, revision) != (proposal.digest, proposal.revision):
        raise ProposalOutdated(
            f"Records of {proposal.quarter} have changed since it was proposed; reject it, and propose it again.",
            proposal=proposal.pk,
        )
    return publish(draft, then=lambda release: _decided(release, proposal, by=by, request=request))


def _decided(release: Release, proposal: ReleaseProposal, *, by: User, request: Asked = None) -> None:
    """In the transaction that publishes: a proposal is approved when its release is there, and not before."""
    _decide(proposal, ReleaseProposal.State.APPROVED, by)
    record(Verb.PUBLISH_RELEASE, Release, [release.number], request=request, by=by, subject=proposal.proposed_by)


@transaction.atomic
def reject(proposal: ReleaseProposal, *, by: User, request: Asked = None) -> ReleaseProposal:
    """Take a proposal back, one's own too. Raises NotASteward, ProposalClosed."""
    check_steward(by)
    _decide(proposal, ReleaseProposal.State.REJECTED, by)
    record(Verb.REJECT_RELEASE, ReleaseProposal, [proposal.pk], request=request, by=by)
    return proposal


@transaction.atomic
def withdraw(release: Release, *, by: User, reason: str, request: Asked = None) -> Release:
    """Withdraw a release. Raises NotASteward, NotPublished."""
    check_steward(by)
    withdraw_release(release, reason=reason)
    record(Verb.WITHDRAW_RELEASE, Release, [release.number], request=request, by=by)
    return release


def _check_open(proposal: ReleaseProposal) -> None:
    if proposal.state != ReleaseProposal.State.OPEN:
        raise ProposalClosed(f"The proposal of {proposal} is {proposal.state}.", state=proposal.state)


def _decide(proposal: ReleaseProposal, state: ReleaseProposal.State, by: User) -> None:
    """One of two who decide at once wins: the row is locked by the first."""
    changed = ReleaseProposal.objects.filter(pk=proposal.pk, state=ReleaseProposal.State.OPEN).update(
        state=state, decided_by=by, decided_at=clock.now()
    )
    proposal.refresh_from_db()
    if not changed:
        _check_open(proposal)
