import HTTPTypes
import Web

/// What these routes are, for the published description.
extension ModerationRoutes {
    private static let agent = APIOperation.Parameter("agent", in: .path, "The agent's id.", schema: .uuid)

    static let moderation = APIOperation(
        .get, "/v1/agents/{agent}/moderation", summary: "What was decided about an agent of the workspace, newest first",
        description: "Each decision with its ground, its facts, the rule, whether a person decided, and what can be done against it.", tag: "Agents",
        scope: "agents:read", parameters: [agent, .limit, .cursor],
        answers: [.init(.ok, "A page of statements of reasons.", schema: .page(of: StatementAnswer.schema))])

    static let appeal = APIOperation(
        .post, "/v1/agents/{agent}/appeals", summary: "Appeal against a decision about an agent",
        description: """
            It is against the newest decision that holds and takes something from the agent's owner, within \(ModerationStatement.appealDays) days, once, \
            and one at a time. Another operator than the one who decided looks at it.
            """,
        tag: "Agents", scope: "agents:write", parameters: [agent, .idempotencyKey],
        request: .init(.named("AppealRequest", .object(["text": .string(minLength: 1, maxLength: ReportRequest.textLimit)]))),
        answers: [.init(.created, "The appeal.", schema: AppealAnswer.schema)])

    static let notices = APIOperation(
        .get, "/v1/notices", summary: "What the workspace is told about its agents, newest first",
        description: "A fork of an agent that was removed from the directory has a notice.", tag: "Agents", scope: "agents:read",
        parameters: [
            .init("state", in: .query, "Only those in this state.", schema: .string(oneOf: AgentNotice.State.allCases.map(\.rawValue))), .limit,
            .cursor,
        ],
        answers: [.init(.ok, "A page of notices.", schema: .page(of: NoticeAnswer.schema))])

    static let read = APIOperation(
        .post, "/v1/notices/{id}/read", summary: "Note that a notice was read", tag: "Agents", scope: "agents:write", request: .action,
        answers: [.noContent])
}
