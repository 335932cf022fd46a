"""Door to `publishing.propose`: both stewards at once, for whoever has the machine."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.problems import Problem
from listening.fieldwork.people import find_person
from listening.publishing.build import report_document
from listening.publishing.propose import dry_run, publish_release


class Command(BaseCommand):
    help = "Publish a closed quarter, in the name of two stewards; --dry-run shows the audit and writes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("quarter", help="such as 2026-Q2")
        parser.add_argument("--proposed-by", metavar="USERNAME")
        parser.add_argument("--approved-by", metavar="USERNAME")
        parser.add_argument("--correction", default="", help="what a revision corrects")
        parser.add_argument("--affected", type=int, default=0, help="conversations that a revision concerns")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        revision = {"correction": options["correction"], "affected": options["affected"]}
        try:
            if options["dry_run"]:
                draft = dry_run(options["quarter"], **revision)
                report = report_document(draft)
                self.tell_audit(report["audit"])
                self.stdout.write("\n".join(report["notes"]), ending="\n" if report["notes"] else "")
                self.stdout.write(f"{draft.content.head.code}: nothing was written")
                return
            if not (options["proposed_by"] and options["approved_by"]):
                raise CommandError("Name two stewards: --proposed-by and --approved-by.")
            proposer, approver = find_person(options["proposed_by"]), find_person(options["approved_by"])
            release = publish_release(options["quarter"], proposed_by=proposer, approved_by=approver, **revision)
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.tell_audit(release.audit)
        self.stdout.write(f"{release.code}: published, manifest {release.manifest_sha256}")

    def tell_audit(self, audit: dict[str, Any]) -> None:
        self.stdout.write(
            f"audit: {audit['cells']} cells, minimum candidates {audit['min_candidates']}, "
            f"recovered {audit['recovered']}, {'passed' if audit['passed'] else 'NOT PASSED'}"
        )
