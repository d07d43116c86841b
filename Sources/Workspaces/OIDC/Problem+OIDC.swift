import HTTPTypes
import Web

extension Problem {
    /// 403: the token is good, and nobody here knows whose it is. The answer names issuer and subject, for an operator is told them.
    static func identityUnknown(_ identity: ExternalIdentity, linksByEmail: Bool, hasEmail: Bool) -> Problem {
        let advice =
            if !linksByEmail {
                "Ask an operator of this installation to link it to your user."
            } else if !hasEmail {
                """
                It is linked by itself to the user who has your address, and the token carries no verified one: ask your identity provider \
                for a token with `email` and `email_verified`, or an operator of this installation to link it.
                """
            } else {
                """
                No user here has your address, or another account stands for the one who has: ask for an invitation to that address, or an \
                operator of this installation to link it.
                """
            }
        return Problem(
            .forbidden, name: "identity-unknown", title: "The account is not known here",
            detail: "The token is valid, and the account that it is for belongs to no user of this installation. \(advice)",
            extensions: [.init("issuer", .string(identity.issuer)), .init("subject", .string(identity.subject))])
    }

    /// 400: the token is good for several workspaces, and none is named.
    static func workspaceUnnamed(claim: String) -> Problem {
        .badRequest(
            "Say which workspace it is about: send its slug in the header X-Workspace, or a token whose claim `\(claim)` names it.",
            errors: [FieldFault(.header("x-workspace"), "A workspace is wanted.", expected: "a slug")])
    }

    /// 403: the token is for one workspace, and the header names another.
    static func workspaceMismatch(claim: String) -> Problem {
        Problem(
            .forbidden, name: "workspace-mismatch", title: "The token is for another workspace",
            detail: "The claim `\(claim)` of the token names another workspace than the header X-Workspace. Leave the header out.")
    }

    /// 403: also for a workspace that does not exist.
    static let notMember = Problem(
        .forbidden, name: "not-a-member", title: "Not a member of the workspace",
        detail: "There is no such workspace, or you are no member of it. One who looks after its members can invite you.")
}
