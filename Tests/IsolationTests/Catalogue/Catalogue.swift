/// What a database is made of, as its own catalogue says. Nothing of it is written down here, so a new table cannot be forgotten.
struct Catalogue: Sendable {
    var tables: [Table]
    var partitions: [Partition]
    var views: [View]
    var functions: [Function]
    var roles: [Role]

    /// Whose rows belong to workspaces, and which the server's role may touch in the scope of one.
    var tenantTables: [Table] {
        tables.filter { $0.tenantColumn != nil && WrittenList.operatorTables[$0.name] == nil }
    }

    func table(_ name: String) -> Table? { tables.first { $0.name == name } }
    func table(oid: Int) -> Table? { tables.first { $0.oid == oid } }

    /// The columns of a table that foreign keys lead to: a row that others refer to needs a value there.
    func columnsReferredTo(in table: Table) -> Set<String> {
        Set(tables.flatMap(\.foreignKeys).filter { $0.target == table.oid }.flatMap(\.targetColumns))
    }
}

/// A part of a table, which policies guard only for those who come through the whole.
struct Partition: Sendable {
    let name: String
    /// `role command`, the owner left out.
    let grants: [String]
}

struct View: Sendable {
    /// With its schema.
    let name: String
    let owner: String
    /// Whether it reads with the rights of whoever asks; otherwise with its owner's.
    let asksAsInvoker: Bool
    let grantees: Set<String>
}

/// A function that runs with its owner's rights.
struct Function: Sendable {
    let name: String
    /// Whether it says where names are looked up, so that its caller cannot.
    let hasSearchPath: Bool
    /// Who may call it, the owner left out.
    let grantees: Set<String>
}

/// A role of ours.
struct Role: Sendable {
    let name: String
    let isSuperuser: Bool
    let passesPolicies: Bool
    /// Whether it makes roles or databases, or replicates.
    let hasMore: Bool
    /// How many things it owns.
    let owned: Int
    /// Roles that it may take.
    let memberOf: Set<String>
    /// Roles whose rights it has without taking them.
    let inherits: Set<String>
}
