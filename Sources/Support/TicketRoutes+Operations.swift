import Foundation
import HTTPTypes
import Web

/// What the routes of this feature are, for the published description.
extension TicketRoutes {
    static let create = APIOperation(
        .post, "/v1/tickets", summary: "Open a ticket, or many", tag: "Tickets", scope: "tickets:write",
        parameters: [.idempotencyKey],
        request: .init(
            .named(
                "NewTicket",
                .object(
                    [
                        "subject": .string("One line.", minLength: 1, maxLength: TicketRequest.subjectLimit),
                        "body": .string("At most \(TicketRequest.bodyLimit) bytes of UTF-8."),
                        "priority": words(TicketPriority.self, "`normal` unless said otherwise. Decides which policy's deadlines hold."),
                        "category": .string(
                            "One of \(TicketCategory.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")); or an on-chain code, `6000` to `6007`."
                        ),
                        "wallet": .string(
                            "The address that it is about.", minLength: TicketRequest.walletLimit.lowerBound,
                            maxLength: TicketRequest.walletLimit.upperBound, pattern: "^[0-9A-Za-z.:_-]+$"),
                        "requester": .string("Who asks.", minLength: 1, maxLength: TicketRequest.requesterLimit),
                    ], optional: ["priority", "category", "wallet", "requester"])),
            limit: BodyLimit.generous,
            lines: """
                One `NewTicket` a line, of at most \(BodyLimit.line) bytes. A line may have a member `idempotency_key` of its own; without one the \
                request's `Idempotency-Key`, of at most 240 characters, holds for each line with its number.
                """),
        answers: [.accepted, .lines], problems: [.tooManyRequests])

    static let list = APIOperation(
        .get, "/v1/tickets", summary: "List tickets, newest first", tag: "Tickets", scope: "tickets:read",
        parameters: [
            .init("state", in: .query, "Only tickets in this state.", schema: words(TicketState.self)), .limit, .cursor,
        ],
        answers: [.init(.ok, "A page of tickets, without their bodies.", schema: .page(of: ticket))])

    static let show = APIOperation(
        .get, "/v1/tickets/{id}", summary: "Show a ticket with its clocks, escalations and replies", tag: "Tickets", scope: "tickets:read",
        answers: [
            .init(
                .ok, "The ticket. `replies` holds the newest \(TicketDesk.replyLimit).",
                schema: .named(
                    "TicketDetail",
                    .object(
                        [
                            "id": .uuid, "state": words(TicketState.self), "priority": words(TicketPriority.self),
                            "category": words(TicketCategory.self), "subject": .string(), "body": .string(), "wallet": .string(),
                            "requester": .string(), "accepted_at": .time, "created_at": .time, "answered_at": .time, "closed_at": .time,
                            "clocks": .array(of: clock), "escalations": .array(of: escalation), "replies": .array(of: replyAnswer),
                        ], optional: optionalTicketMembers)))
        ])

    static let reply = APIOperation(
        .post, "/v1/tickets/{id}/replies", summary: "Reply to a ticket",
        description: "A reply by `support` answers the ticket and stops its first-reply clock; one by the `requester` or by `automation` does not.",
        tag: "Tickets", scope: "tickets:write",
        parameters: [.idempotencyKey],
        request: .init(
            .object(
                [
                    "body": .string("At most \(TicketRequest.bodyLimit) bytes of UTF-8.", minLength: 1),
                    "author": words(ReplyAuthor.self, "`support` unless said otherwise."),
                ], optional: ["author"]), limit: BodyLimit.generous),
        answers: [.init(.created, "The reply.", schema: replyAnswer)])

    static let close = APIOperation(
        .post, "/v1/tickets/{id}/close", summary: "Close a ticket",
        description: """
            Stops its resolution clock. A first-reply clock that still runs is cancelled, for closing is no reply; one whose deadline has passed \
            stays breached. Closing a closed ticket changes nothing.
            """,
        tag: "Tickets", scope: "tickets:write",
        parameters: [.idempotencyKey], request: .action,
        answers: [.init(.ok, "The ticket.", schema: ticket)])

    // MARK: Schemas

    private static let ticket = JSONSchema.named("Ticket", .object(ticketMembers, optional: optionalTicketMembers))

    private static let ticketMembers: KeyValuePairs<String, JSONSchema> = [
        "id": .uuid, "state": words(TicketState.self), "priority": words(TicketPriority.self), "category": words(TicketCategory.self),
        "subject": .string(), "body": .string(), "wallet": .string(), "requester": .string(), "accepted_at": .time, "created_at": .time,
        "answered_at": .time, "closed_at": .time,
    ]

    private static let optionalTicketMembers: Set<String> = ["category", "body", "wallet", "requester", "answered_at", "closed_at"]

    private static let clock = JSONSchema.named(
        "SLAClock",
        .object(
            [
                "id": .uuid, "metric": words(SLAMetric.self), "state": words(SLAClock.State.self), "started_at": .time, "due_at": .time,
                "stopped_at": .time, "breached_at": .time,
            ], optional: ["stopped_at", "breached_at"]))

    private static let escalation = JSONSchema.named(
        "Escalation",
        .object([
            "id": .uuid, "clock": .uuid, "metric": words(SLAMetric.self), "step": .integer("1 is the breach itself.", minimum: 1),
            "due_at": .time, "created_at": .time,
        ]))

    private static let replyAnswer = JSONSchema.named(
        "TicketReply", .object(["id": .uuid, "author": words(ReplyAuthor.self), "body": .string(), "created_at": .time]))

    private static func words<Word: RawRepresentable & CaseIterable>(_: Word.Type, _ description: String? = nil) -> JSONSchema
    where Word.RawValue == String {
        .string(description, oneOf: Word.allCases.map(\.rawValue))
    }
}
