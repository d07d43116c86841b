import Postgres

/// Who asks about a row of a workspace's.
enum Asker: String, Sendable {
    /// The server's role in the scope of that workspace.
    case own = "own workspace"
    /// In the scope of another.
    case other = "another workspace"
    /// In a scope that names none.
    case none = "no workspace"
    /// Without a scope, as a statement would be that forgot it.
    case unset = "no scope"
    /// In the scope of both, as a batch of jobs is.
    case both = "both workspaces"
    /// The role that owns the tables, which policies bind only where they are forced. (Not asked to select: it may take the role that
    /// owns the reports, and so reads what that one reads.)
    case owner = "owner of the tables"
}

/// What became of a statement.
enum Outcome: Sendable, Equatable, CustomStringConvertible {
    case rows(Int)
    /// By a policy: 42501, about row-level security.
    case refusedByPolicy
    /// For want of a grant: 42501 too.
    case refusedByGrant
    /// For any other reason, which is never what is wanted.
    case failed(String)

    init(_ error: PostgresError) {
        guard error.sqlState == "42501" else {
            self = .failed("\(error.sqlState ?? "\(error.code)") \(error.message)")
            return
        }
        self = error.message.contains("row-level security") ? .refusedByPolicy : .refusedByGrant
    }

    var description: String {
        switch self {
        case .rows(let count): "\(count) rows"
        case .refusedByPolicy: "refused by a policy"
        case .refusedByGrant: "refused for want of a grant"
        case .failed(let why): why
        }
    }
}

/// What a run of the matrix found.
struct MatrixReport: Sendable, CustomStringConvertible {
    struct Fault: Sendable, CustomStringConvertible {
        let table: String
        let what: String
        let asker: Asker
        let found: Outcome
        let wanted: Outcome

        var description: String { "\(table): \(what) by \(asker.rawValue): \(found), wanted \(wanted)" }
    }

    private(set) var tables = 0
    /// Cases in which somebody is to get nothing.
    private(set) var denials = 0
    /// Cases in which somebody is to get its row: without them, nothing would prove nothing.
    private(set) var controls = 0
    /// `table command` that the server's role has no grant for.
    private(set) var notGranted: [String] = []
    private(set) var faults: [Fault] = []

    var cases: Int { denials + controls }
    var faultyTables: Set<String> { Set(faults.map(\.table)) }

    mutating func begin() { tables += 1 }

    mutating func noteUngranted(_ command: Command, of table: Table) { notGranted.append("\(table.name) \(command.rawValue)") }

    mutating func note(_ what: String, on table: Table, by asker: Asker, _ found: Outcome, wanted: Outcome) {
        if case .rows(1...) = wanted { controls += 1 } else { denials += 1 }
        if found != wanted { faults.append(Fault(table: table.name, what: what, asker: asker, found: found, wanted: wanted)) }
    }

    var description: String {
        """
        isolation: \(tables) tables, \(cases) cases: \(denials) denials and \(controls) positive controls, \(faults.count) faults; \
        not granted and so refused to all: \(notGranted.isEmpty ? "none" : notGranted.joined(separator: ", "))
        """
    }
}
