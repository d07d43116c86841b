import Foundation

/// Who may look a name up now, and who waits for whom. Pure.
///
/// Look-ups block threads, and names are tenants': so there are so many at once and no more, and of one workspace a small part of them.
/// Whose workspace has its part waits for it; the first in the line whose workspace has not is next.
///
/// | at once 3, of one workspace 2, under way | comes | |
/// |---|---|---|
/// | A A | A | waits |
/// | A A, A waits | B | begins: it is not behind A |
/// | A A B, A waits | B ends | nobody begins |
/// | A A, A waits | A ends | the one that waits begins |
struct LookUpLine: Sendable, Equatable {
    /// A place in the line.
    struct Ticket: Sendable, Hashable {
        fileprivate let number: Int
        let workspace: UUID
    }

    enum Admission: Sendable, Equatable {
        case begin
        case wait(Ticket)
        /// Too many of this workspace wait already.
        case busy
    }

    /// At once.
    let bound: Int
    /// At once, of one workspace.
    let boundOfWorkspace: Int
    /// Of one workspace in the line.
    let lengthOfWorkspace: Int

    private var count = 0
    private var counts: [UUID: Int] = [:]
    private var waiting: [Ticket] = []
    private var next = 0

    init(bound: Int, boundOfWorkspace: Int, lengthOfWorkspace: Int) {
        self.bound = bound
        self.boundOfWorkspace = boundOfWorkspace
        self.lengthOfWorkspace = lengthOfWorkspace
    }

    mutating func enter(_ workspace: UUID) -> Admission {
        if mayBegin(workspace) {
            begin(workspace)
            return .begin
        }
        guard waiting.count(where: { $0.workspace == workspace }) < lengthOfWorkspace else { return .busy }
        let ticket = Ticket(number: next, workspace: workspace)
        next += 1
        waiting.append(ticket)
        return .wait(ticket)
    }

    /// A look-up has ended. Returns who begins in its place.
    mutating func leave(_ workspace: UUID) -> Ticket? {
        count -= 1
        let rest = (counts[workspace] ?? 1) - 1
        counts[workspace] = rest > 0 ? rest : nil
        guard let index = waiting.firstIndex(where: { mayBegin($0.workspace) }) else { return nil }
        let ticket = waiting.remove(at: index)
        begin(ticket.workspace)
        return ticket
    }

    /// Whoever has this ticket does not want to look up any more. Returns who begins in its place, if it had been let in meanwhile.
    mutating func giveUp(_ ticket: Ticket) -> Ticket? {
        guard let index = waiting.firstIndex(of: ticket) else { return leave(ticket.workspace) }
        waiting.remove(at: index)
        return nil
    }

    private func mayBegin(_ workspace: UUID) -> Bool { count < bound && (counts[workspace] ?? 0) < boundOfWorkspace }

    private mutating func begin(_ workspace: UUID) {
        count += 1
        counts[workspace, default: 0] += 1
    }
}
