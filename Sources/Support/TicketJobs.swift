import Foundation
import Jobs
import Postgres

/// `ticket.create`: a ticket that the ingress accepted. The ticket's row, whose id is the job's, is its outcome.
struct CreateTicket: JobPayload, Equatable {
    static let kind = JobKind(name: "ticket.create", queue: "tickets", acceptance: .ledger, outcome: .ownTable)

    let subject: String
    let body: String
    let priority: TicketPriority
    let category: TicketCategory?
    let wallet: String?
    let requester: String?
}

extension CreateTicket {
    static let isFlat = true

    static func read(_ fields: FlatJSON) throws(FlatJSON.Unusual) -> CreateTicket {
        guard let priority = TicketPriority(rawValue: try fields.text("priority")) else { throw FlatJSON.Unusual() }
        let category = try fields.text(ifPresent: "category").map { word throws(FlatJSON.Unusual) in
            guard let category = TicketCategory(rawValue: word) else { throw FlatJSON.Unusual() }
            return category
        }
        return CreateTicket(
            subject: try fields.text("subject"), body: try fields.text("body"), priority: priority, category: category,
            wallet: try fields.text(ifPresent: "wallet"), requester: try fields.text(ifPresent: "requester"))
    }

    func write(to fields: inout FlatJSONWriter) {
        fields.text("subject", subject)
        fields.text("body", body)
        fields.text("priority", priority.rawValue)
        fields.text("category", category?.rawValue)
        fields.text("wallet", wallet)
        fields.text("requester", requester)
    }
}

/// Writes tickets and starts their clocks: in one round trip, unless a workspace's policies have to be read first.
///
/// A ticket that is delivered again is neither written nor given clocks a second time.
struct CreateTicketHandler: BatchHandler {
    let policies: SLAPolicyCache

    func handle(_ jobs: [Job<CreateTicket>], in transaction: PostgresTransaction) async throws {
        let books = try await policies.books(of: Set(jobs.lazy.map(\.workspace)), in: transaction)
        var rows = TicketRows(capacity: jobs.count)
        for job in jobs { rows.append(job, policy: (books[job.workspace] ?? .standard)[job.payload.priority]) }
        TicketStore.write(rows, in: transaction)
        let retried = jobs.filter { $0.attempt > 1 }
        guard !retried.isEmpty else { return }
        TicketStore.noteAttempts(
            workspaces: retried.map(\.workspace), ids: retried.map(\.id), attempts: retried.map { Int16(clamping: $0.attempt) }, in: transaction)
    }
}

/// Tickets with their clocks as columns, the shape in which one statement takes a batch.
struct TicketRows: Sendable {
    private(set) var workspaces: [UUID] = []
    private(set) var ids: [UUID] = []
    private(set) var acceptedAt: [Date] = []
    private(set) var priorities: [String] = []
    private(set) var subjects: [String] = []
    private(set) var bodies: [String] = []
    private(set) var categories: [String?] = []
    private(set) var wallets: [String?] = []
    private(set) var requesters: [String?] = []
    private(set) var firstReplyClocks: [UUID] = []
    /// Nil where no first reply is promised: no clock.
    private(set) var firstReplyDeadlines: [Date?] = []
    private(set) var resolutionClocks: [UUID] = []
    private(set) var resolutionDeadlines: [Date?] = []

    init(capacity: Int) {
        workspaces.reserveCapacity(capacity)
        ids.reserveCapacity(capacity)
        acceptedAt.reserveCapacity(capacity)
        priorities.reserveCapacity(capacity)
        subjects.reserveCapacity(capacity)
        bodies.reserveCapacity(capacity)
        categories.reserveCapacity(capacity)
        wallets.reserveCapacity(capacity)
        requesters.reserveCapacity(capacity)
        firstReplyClocks.reserveCapacity(capacity)
        firstReplyDeadlines.reserveCapacity(capacity)
        resolutionClocks.reserveCapacity(capacity)
        resolutionDeadlines.reserveCapacity(capacity)
    }

    mutating func append(_ job: Job<CreateTicket>, policy: SLAPolicy) {
        workspaces.append(job.workspace)
        ids.append(job.id)
        acceptedAt.append(job.acceptedAt)
        priorities.append(job.payload.priority.rawValue)
        subjects.append(job.payload.subject)
        bodies.append(job.payload.body)
        categories.append(job.payload.category?.rawValue)
        wallets.append(job.payload.wallet)
        requesters.append(job.payload.requester)
        firstReplyClocks.append(SLAMetric.firstReply.clockID(ofTicket: job.id))
        firstReplyDeadlines.append(policy.deadline(for: .firstReply, acceptedAt: job.acceptedAt))
        resolutionClocks.append(SLAMetric.resolution.clockID(ofTicket: job.id))
        resolutionDeadlines.append(policy.deadline(for: .resolution, acceptedAt: job.acceptedAt))
    }
}

extension SLAMetric {
    /// The id of this clock of a ticket. It follows from the ticket's, so that a ticket that is delivered again makes
    /// the same clocks and not two more.
    func clockID(ofTicket ticket: UUID) -> UUID {
        switch self {
        case .firstReply: .derived(from: ticket, step: 1)
        case .resolution: .derived(from: ticket, step: 2)
        }
    }

    /// The ids of all clocks that a ticket can have.
    static func clockIDs(ofTicket ticket: UUID) -> [UUID] {
        allCases.map { $0.clockID(ofTicket: ticket) }
    }
}
