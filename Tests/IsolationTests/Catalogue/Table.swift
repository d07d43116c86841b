/// A table with all that isolation hangs on.
struct Table: Sendable {
    let oid: Int
    /// Without `public`; with any other schema.
    let name: String
    let owner: String
    let isRowSecurityEnabled: Bool
    let isRowSecurityForced: Bool
    let canDelete: Bool
    /// `role command`, the owner left out; for whole tables and for single columns.
    let grants: [String]
    var columns: [Column] = []
    var checks: [Check] = []
    var foreignKeys: [ForeignKey] = []
    var uniqueKeys: [UniqueKey] = []
    var policies: [Policy] = []

    /// The column with the workspace's id; nil when rows belong to no workspace.
    var tenantColumn: String? {
        if name == "workspaces" { return "id" }
        return column("workspace_id")?.name
    }

    var primaryKey: [String] { uniqueKeys.first { $0.isPrimary }?.columns ?? [] }

    func column(_ name: String) -> Column? { columns.first { $0.name == name } }

    /// Whether the server's role may use the command, in some column at least.
    func isGranted(_ command: Command) -> Bool {
        switch command {
        case .select: columns.contains { $0.canSelect }
        case .insert: columns.contains { $0.canInsert }
        case .update: columns.contains { $0.canUpdate }
        case .delete: canDelete
        }
    }
}

/// What can be done with rows, and what a policy is for.
enum Command: String, Sendable, CaseIterable {
    case select, insert, update, delete

    /// The letter of `pg_policy.polcmd`.
    var letter: String {
        switch self {
        case .select: "r"
        case .insert: "a"
        case .update: "w"
        case .delete: "d"
        }
    }
}

struct Column: Sendable {
    let name: String
    /// As SQL writes it, without a length.
    let type: String
    let isRequired: Bool
    /// By the database itself: an identity, or computed from other columns.
    let isMade: Bool
    /// The expression of its default.
    let preset: String?
    /// Of an enum type.
    let labels: [String]
    /// What the server's role may do with it.
    let canSelect: Bool
    let canInsert: Bool
    let canUpdate: Bool
}

struct Check: Sendable {
    let name: String
    let columns: [String]
    let expression: String
}

struct ForeignKey: Sendable {
    let name: String
    let columns: [String]
    /// The oid of the table that it leads to.
    let target: Int
    let targetColumns: [String]
}

struct UniqueKey: Sendable {
    let name: String
    let isPrimary: Bool
    /// Whether it holds for some rows only.
    let isPartial: Bool
    let columns: [String]
}

struct Policy: Sendable {
    let name: String
    /// `r`, `a`, `w`, `d`, or `*` for all.
    let letter: String
    let isPermissive: Bool
    let roles: Set<String>
    /// Which rows it shows.
    let reading: String?
    /// Which rows it lets be written; nil for the same.
    let writing: String?

    func isFor(_ command: Command) -> Bool { letter == command.letter || letter == "*" }
}
