import HTTPTypes
import Web

/// What these routes are, for the published description.
extension ReportRoutes {
    private static let tag = "Directory"

    static let report = APIOperation(
        .post, "/v1/agents/{agent}/{name}/reports", summary: "Report a published agent",
        description: """
            Open to anybody; who shows a token is believed more. One report counts for each reporter, agent and reason: the same one again changes \
            nothing and is answered the same. No address is stored. At most \(Int(ReportDesk.most)) reports an hour are taken from one address. Enough \
            of them take the agent out of the directory until an operator has looked.
            """,
        tag: tag,
        parameters: [
            .init("agent", in: .path, "The owner: the slug of the workspace that published the agent."),
            .init("name", in: .path, "The agent's name."),
        ],
        request: .init(
            .named(
                "AgentReport",
                .object(
                    [
                        "reason": .string(oneOf: ReportReason.allCases.map(\.rawValue)),
                        "text": .string("What is wrong; needed for `other`. Operators alone read it.", maxLength: ReportRequest.textLimit),
                        "contact": .string("Where to ask back.", minLength: 1, maxLength: ReportRequest.contactLimit),
                    ], optional: ["text", "contact"])), limit: BodyLimit.standard),
        answers: [.init(.accepted, "Taken: the report, and the secret by which to ask what becomes of it.", schema: ReportReceiptAnswer.schema)],
        problems: [.unauthorized, .tooManyRequests])

    static let state = APIOperation(
        .get, "/v1/reports/{id}", summary: "What became of a report", tag: tag,
        parameters: [.init("receipt", in: .query, "The receipt that came with the report.", required: true)],
        answers: [.init(.ok, "The report's state, without its text.", schema: ReportStateAnswer.schema)])

    static let removals = APIOperation(
        .get, "/v1/directory/removals", summary: "What operators took out of the directory, newest first",
        description: "It stays when the agent and its workspace are gone, and names no reporter.", tag: tag, parameters: [.limit, .cursor],
        answers: [.init(.ok, "A page of the log.", schema: .page(of: RemovalAnswer.schema))])
}
