package import Jobs
package import Postgres
package import Web

/// Support: tickets, the clocks that measure what was promised about them, and the escalations when it was not kept.
///
/// What `mainstay` composes: routes for the ingress; handlers and periodic tasks for workers.
package struct Support: Sendable {
    private let pool: PostgresPool
    private let producer: JobProducer

    /// - Parameter producer: accepts tickets in the ingress and escalations in workers; its `run()` is the caller's.
    package init(pool: PostgresPool, producer: JobProducer) {
        self.pool = pool
        self.producer = producer
    }

    /// `/v1/tickets…`, with their descriptions.
    package var routes: APIRoutes {
        TicketRoutes(producer: producer, desk: TicketDesk(pool: pool)).routes
    }

    /// Serves `ticket.create` and `ticket.escalate`.
    package func register(in registry: inout HandlerRegistry) {
        registry.register(batch: CreateTicketHandler(policies: SLAPolicyCache()))
        registry.register(batch: EscalateTicketHandler())
    }

    /// Kinds whose jobs nobody cancels: an escalation is owed to whoever waits for a reply.
    package static var uncancellable: [JobKind] { [EscalateTicket.kind] }

    /// What every worker does beside its handlers.
    package var periodicTasks: [any PeriodicTask] {
        [EscalationSweep(pool: pool, producer: producer)]
    }
}
