"""What can be done that is worth an entry: the closed list."""

from enum import StrEnum


class Verb(StrEnum):
    READ_DETAIL = "read_detail"
    READ_LIST = "read_list"
    REFUSED = "refused"  # a record that was hidden, absent, or asked for without the purpose that it takes
    EXPORT = "export"
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    WITHDRAW = "withdraw"  # by the residents, with the code of their card
    ASSIGN = "assign"
    END_ASSIGNMENT = "end_assignment"
    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_OUT = "sign_out"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - a verb
    ADD_FACTOR = "add_factor"
    REMOVE_FACTOR = "remove_factor"
    ENROL_DEVICE = "enrol_device"
    CONFIRM_DEVICE = "confirm_device"
    REVOKE_DEVICE = "revoke_device"
    ISSUE_KEY = "issue_key"
    REVOKE_KEY = "revoke_key"
    INVITE = "invite"
    PROPOSE_RELEASE = "propose_release"
    REJECT_RELEASE = "reject_release"
    PUBLISH_RELEASE = "publish_release"
    WITHDRAW_RELEASE = "withdraw_release"
    FOLLOW_BOUNDARIES = "follow_boundaries"
    FORGET_ENTRIES = "forget_entries"  # of the audit, when their time is over; written by the database
