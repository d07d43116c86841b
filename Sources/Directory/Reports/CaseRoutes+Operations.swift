import HTTPTypes
import Web
import Workspaces

/// What these routes are, for the published description.
extension CaseRoutes {
    private static let tag = "Operations"
    private static let scope = Scope.directoryModerate.rawValue
    private static let caseID = APIOperation.Parameter("case", in: .path, "The case.", schema: .uuid)

    static let queue = APIOperation(
        .get, "/v1/operations/agent-reports", summary: "Reports and appeals that wait for a decision, oldest first", tag: tag, scope: scope,
        parameters: [
            .init(
                "standing", in: .query, "Only cases in which reports alone have come to this.",
                schema: .string(oneOf: ModerationCase.Standing.allCases.map(\.rawValue))), .limit, .cursor,
        ],
        answers: [.init(.ok, "A page of open cases", schema: .page(of: CaseAnswer.schema))])

    static let show = APIOperation(
        .get, "/v1/operations/agent-reports/{case}", summary: "One case with what was reported", tag: tag, scope: scope, parameters: [caseID],
        answers: [.init(.ok, "The case and its newest reports", schema: CaseDetailAnswer.schema)])

    static let decide = APIOperation(
        .post, "/v1/operations/agent-reports/{case}/decision", summary: "Decide a case",
        description: """
            Sets the status of the listing, tells its owner the reasons, and adds to the public log what leaves the directory; the owners of forks of a \
            removed agent are told soon after. Of an appeal `dismiss` lets the decision stand, and another operator than the first one decides. The \
            same decision again changes nothing.
            """,
        tag: tag, scope: scope, parameters: [caseID],
        request: .init(
            .named(
                "CaseDecisionRequest",
                .object(
                    [
                        "decision": .string(oneOf: ModerationDecision.allCases.map(\.rawValue)),
                        "ground": .string(oneOf: ReportReason.allCases.map(\.rawValue)),
                        "facts": .string("What was found; the owner reads it.", minLength: 1, maxLength: ReportRequest.textLimit),
                        "rule": .string("What it follows from; that of the ground without it.", minLength: 1, maxLength: DecisionRequest.ruleLimit),
                        "automated": .boolean,
                    ], optional: ["rule", "automated"]))),
        answers: [.init(.ok, "What was decided", schema: DecidedAnswer.schema)], problems: [.conflict])
}
