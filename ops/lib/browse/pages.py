"""The pages that are looked at, and the ways in which each of them is."""

from __future__ import annotations

from dataclasses import dataclass

# Who looks: with no token; with the one that `up` made; as the owner of a workspace of two; as an operator, who signs in twice, for what
# runs and for what is published.
ANYBODY, MEMBER, OWNER, OPERATOR = VISITORS = ("anybody", "member", "owner", "operator")


@dataclass(frozen=True)
class Page:
    name: str
    # What stands in braces is known once the deployment has been prepared.
    path: str
    visitor: str = ANYBODY
    status: int = 200
    # A page that a deployment need not have is passed over where it answers 404.
    is_optional: bool = False


@dataclass(frozen=True)
class Look:
    """One way of looking at a page."""

    width: int
    scheme: str
    has_script: bool = True

    @property
    def height(self) -> int:
        return 844 if self.width < 600 else 900

    @property
    def name(self) -> str:
        return f"{self.width} {self.scheme}{'' if self.has_script else ' without script'}"


# A phone and a desk, by day and by night; and once what is left where no script runs.
LOOKS = (Look(390, "light"), Look(390, "dark"), Look(1280, "light"), Look(1280, "dark"), Look(390, "light", has_script=False))

PAGES = (
    Page("directory", "/agents"),
    Page("typo", "/agents?q=harbr+giude"),
    Page("no-match", "/agents?q=zzzzqqqq"),
    Page("filtered", "/agents?tag=wallets"),
    Page("agent", "/agents/default/harbor-guide"),
    Page("version", "/agents/default/harbor-guide/v/{version}"),
    Page("difference", "/agents/default/harbor-guide/diff"),
    Page("report", "/agents/default/harbor-guide/report"),
    Page("report-state", "/reports/{report}?receipt={receipt}"),
    Page("quarantined", "/agents/default/{quarantined}"),
    Page("unknown", "/agents/default/no-such-agent", status=404),
    Page("removals", "/removals"),
    Page("status", "/status", is_optional=True),
    Page("sign-in", "/sign-in"),
    Page("invitation", "/invitation"),
    Page("moderation-sign-in", "/moderation/sign-in"),
    Page("ops-sign-in", "/ops/login"),
    Page("fork", "/agents/default/harbor-guide/fork", MEMBER),
    Page("fork-under-way", "/workspace/forks/{under_way}", MEMBER),
    Page("fork-failed", "/workspace/forks/{dead}", MEMBER),
    Page("workspace", "/workspace", MEMBER),
    Page("own-agent", "/workspace/agents/{own}", MEMBER),
    Page("own-fork", "/workspace/agents/{fork}", MEMBER),
    Page("decisions", "/workspace/agents/{decided}/decisions", MEMBER),
    Page("take-back", "/workspace/agents/{own}/unpublish", MEMBER),
    Page("revoke-token", "/workspace/tokens/{token}/revoke", MEMBER),
    Page("workspace-of-two", "/workspace", OWNER),
    Page("remove-member", "/workspace/members/{member}/remove", OWNER),
    Page("invitations", "/workspace/invitations", OWNER),
    Page("end-invitation", "/workspace/invitations/{invitation}/revoke", OWNER),
    Page("delete-workspace", "/workspace/delete", OWNER),
    Page("ops", "/ops", OPERATOR),
    Page("ops-queue", "/ops/queues/forks", OPERATOR),
    Page("ops-jobs", "/ops/jobs", OPERATOR),
    Page("ops-job", "/ops/jobs/{dead}", OPERATOR),
    Page("ops-dead-letters", "/ops/dead-letters", OPERATOR),
    Page("ops-dead-letter", "/ops/dead-letters/{dead}", OPERATOR),
    Page("ops-replay", "/ops/dead-letters/replay", OPERATOR),
    Page("moderation", "/moderation", OPERATOR),
    Page("moderation-case", "/moderation/{case}", OPERATOR),
    Page("moderation-owners", "/moderation/owners", OPERATOR),
)

NAMES = tuple(page.name for page in PAGES)
