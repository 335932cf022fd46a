"""What can be wrong with the publication of a quarter."""

from __future__ import annotations

from backend.problems import Conflict, Forbidden, Problem


class NothingToPublish(Conflict):
    """There are no boundaries or no conversations of which a release could be made; the text says which."""

    slug, title, status = "nothing-to-publish", "There is nothing to publish", 409


class PlanRefused(Conflict):
    """No tables can be made of the themes or places as they are, such as a code with a pipe; the text says of which."""

    slug, title, status = "plan-refused", "No release can be made of these codes", 409


class QuarterNotReady(Conflict):
    """A quarter is published 30 days after its end at the earliest: what was logged without network is in it then."""

    slug, title, status = "quarter-not-ready", "The quarter cannot be published yet", 409


class AlreadyReleased(Conflict):
    """The quarter has a release that holds. Only a withdrawn one is followed by a revision, and it takes a reason."""

    slug, title, status = "already-released", "The quarter is published", 409


class TooFewAffected(Conflict):
    """A revision corrects what concerns ten conversations or more; erasing single records never makes one."""

    slug, title, status = "too-few-affected", "Too little changed for a revision", 409


class NotASteward(Forbidden):
    """Releases are made by stewards who are assigned to the whole city."""

    slug, title, status = "not-a-steward", "Only stewards of the city publish", 403


class ProposalOpen(Conflict):
    """A quarter has one open proposal at a time: approve or reject it first."""

    slug, title, status = "proposal-open", "The quarter is proposed already", 409


class SamePerson(Conflict):
    """Two stewards publish a release: whoever proposed it cannot approve it."""

    slug, title, status = "same-person", "Somebody else must approve", 409


class ProposalOutdated(Conflict):
    """What would be published is no longer what the report is about; propose again and read the new report."""

    slug, title, status = "proposal-outdated", "The proposal is outdated", 409


class ProposalClosed(Conflict):
    """The proposal was approved or rejected before."""

    slug, title, status = "proposal-closed", "The proposal is closed", 409


class AuditFailed(Conflict):
    """An attack on the would-be release tells too much; nothing was published. `audit` holds what was found."""

    slug, title, status = "audit-failed", "The audit refuses the release", 409


class NotPublished(Conflict):
    """Only a release that holds can be withdrawn, once, and with a reason."""

    slug, title, status = "release-not-published", "The release does not hold", 409


class NoDisclosureKey(Problem):
    """The service has no key for the rounding of releases. Set LISTENING_DISCLOSURE_KEY to 32 random bytes."""

    slug, title, status = "no-disclosure-key", "The service cannot publish", 503
