import HTTPTypes
import Web
import Workspaces

/// What these routes are, for the published description.
extension VerificationRoutes {
    private static let tag = "Operations"
    private static let scope = Scope.directoryModerate.rawValue
    private static let owner = APIOperation.Parameter("owner", in: .path, "The owner: the slug of a workspace.")

    static let list = APIOperation(
        .get, "/v1/operations/verified-owners", summary: "Owners that operators have verified", tag: tag, scope: scope,
        parameters: [.limit, .cursor], answers: [.init(.ok, "A page of owners, by name.", schema: .page(of: VerificationAnswer.schema))])

    static let show = APIOperation(
        .get, "/v1/operations/verified-owners/{owner}", summary: "All that was verified of an owner, the newest first", tag: tag, scope: scope,
        parameters: [owner],
        answers: [
            .init(
                .ok, "Also what was withdrawn, with the reason; the newest \(VerificationDesk.historyLimit).",
                schema: VerificationHistoryAnswer.schema)
        ])

    static let verify = APIOperation(
        .put, "/v1/operations/verified-owners/{owner}", summary: "Say who stands behind an owner",
        description: """
            Everybody reads it with each of the owner's listings, as `maintainer`. It takes the place of what was said before; the same again changes \
            nothing. It is said of the workspace: under another name it keeps it, and whoever gets a name that was another's does not have it.
            """,
        tag: tag, scope: scope, parameters: [owner],
        request: .init(
            .named(
                "OwnerVerificationRequest",
                .object(
                    [
                        "name": .string(
                            "Who stands behind it, in one line without characters that are not seen.", minLength: 1,
                            maxLength: VerifiedMaintainer.nameLimit),
                        "site": .string("An https address, in ASCII.", format: "uri", maxLength: VerifiedMaintainer.siteLimit),
                    ], optional: ["site"])), limit: BodyLimit.action),
        answers: [.init(.ok, "What is verified now.", schema: VerificationAnswer.schema)])

    static let withdraw = APIOperation(
        .post, "/v1/operations/verified-owners/{owner}/withdrawal", summary: "Take back what was verified of an owner",
        description: "The listings show nobody any more. The owner reads the reason in the export of its workspace, and operators read it here.",
        tag: tag, scope: scope, parameters: [owner],
        request: .init(
            .named(
                "OwnerVerificationEndRequest", .object(["reason": .string(minLength: 1, maxLength: VerifiedMaintainer.reasonLimit)])),
            limit: BodyLimit.action),
        answers: [.init(.ok, "What was withdrawn.", schema: VerificationAnswer.schema)])
}
