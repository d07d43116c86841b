/// What a catalogue has to be like, so that one workspace cannot reach another. Pure: it asks nobody.
enum CatalogueGate {
    struct Finding: Sendable, Hashable, CustomStringConvertible {
        /// The table, view, function or role.
        let thing: String
        let fault: String

        var description: String { "\(thing): \(fault)" }
    }

    /// Everything that is wrong; empty when nothing is.
    static func findings(in catalogue: Catalogue) -> [Finding] {
        var findings = lists(catalogue)
        for table in catalogue.tables {
            let faults: [String]
            if WrittenList.operatorTables[table.name] != nil {
                faults = operatorTable(table)
            } else if table.tenantColumn != nil {
                faults = tenantTable(table, in: catalogue)
            } else {
                faults = installationTable(table, in: catalogue)
            }
            findings += (faults + rights(of: table.grants)).map { Finding(thing: table.name, fault: $0) }
        }
        for partition in catalogue.partitions where !partition.grants.isEmpty {
            let fault = "a partition is reached through its table only, for its policies are there; here are \(partition.grants)"
            findings.append(Finding(thing: partition.name, fault: fault))
        }
        return findings + views(catalogue) + functions(catalogue) + roles(catalogue)
    }

    // MARK: Tables

    private static func lists(_ catalogue: Catalogue) -> [Finding] {
        let names = Set(catalogue.tables.map(\.name))
        let listed = Array(WrittenList.installationTables.keys) + [WrittenList.operatorTables, WrittenList.publishedTables].flatMap { $0.keys }
        let keys = Set(catalogue.tables.flatMap(\.uniqueKeys).map(\.name))
        return Set(listed).subtracting(names).map { Finding(thing: $0, fault: "is on a written list and is no table") }
            + Set(WrittenList.sharedKeys.keys).subtracting(keys).map { Finding(thing: $0, fault: "is on a written list and is no unique key") }
    }

    private static func installationTable(_ table: Table, in catalogue: Catalogue) -> [String] {
        var faults: [String] = []
        let granted = Set(Command.allCases.filter(table.isGranted))
        if let listed = WrittenList.installationTables[table.name] {
            if granted != listed.server { faults.append("mainstay_server may \(words(granted)), and by the list \(words(listed.server))") }
        } else {
            faults.append("has no workspace_id and is not on the list of tables that belong to no workspace")
        }
        for key in table.foreignKeys {
            guard let target = catalogue.table(oid: key.target), let tenant = target.tenantColumn else { continue }
            if key.targetColumns.first != tenant { faults.append("the foreign key \(key.name) to \(target.name) does not name the workspace") }
        }
        return faults
    }

    private static func words(_ commands: Set<Command>) -> String {
        commands.isEmpty ? "nothing" : commands.map(\.rawValue).sorted().joined(separator: ", ")
    }

    private static func operatorTable(_ table: Table) -> [String] {
        var faults = rowSecurity(table)
        if Command.allCases.contains(where: table.isGranted) { faults.append("is for operators, and mainstay_server has rights in it") }
        for policy in table.policies where !policy.roles.isSubset(of: Set(WrittenList.rolesAcrossWorkspaces.keys)) && !isPurge(policy) {
            faults.append("is for operators, and the policy \(policy.name) is for \(policy.roles.sorted())")
        }
        return faults
    }

    private static func tenantTable(_ table: Table, in catalogue: Catalogue) -> [String] {
        guard let tenant = table.tenantColumn else { return [] }
        var faults = rowSecurity(table)
        if table.owner != "mainstay_owner" { faults.append("belongs to \(table.owner) and not to mainstay_owner") }
        if table.column(tenant)?.isRequired != true { faults.append("\(tenant) may be null") }
        if !table.uniqueKeys.contains(where: { $0.columns.first == tenant && !$0.isPartial }) {
            faults.append("no unique key begins with \(tenant)")
        }
        for key in table.uniqueKeys where key.columns.first != tenant && WrittenList.sharedKeys[key.name] == nil {
            faults.append("the unique key \(key.name) is one over all workspaces, and is not on the list of those")
        }
        for key in table.foreignKeys {
            guard let target = catalogue.table(oid: key.target), let targetTenant = target.tenantColumn else { continue }
            if key.columns.first != tenant || key.targetColumns.first != targetTenant {
                faults.append("the foreign key \(key.name) to \(target.name) does not begin with \(tenant)")
            }
        }
        return faults + policies(table, tenant)
    }

    private static func rowSecurity(_ table: Table) -> [String] {
        (table.isRowSecurityEnabled ? [] : ["row-level security is off"]) + (table.isRowSecurityForced ? [] : ["row-level security is not forced"])
    }

    // MARK: Policies

    /// A command that the server's role has needs a policy; one that it has not may do without, for without one it is denied.
    /// Permissive policies are joined by `or`, so each of them has to ask for the workspace.
    private static func policies(_ table: Table, _ tenant: String) -> [String] {
        var faults: [String] = []
        for command in Command.allCases where table.isGranted(command) {
            let found = table.policies.contains { $0.isPermissive && $0.isFor(command) && $0.roles.contains("mainstay_server") }
            if !found { faults.append("mainstay_server may \(command.rawValue) and has no policy for it") }
        }
        for policy in table.policies where policy.isPermissive {
            let roles = policy.roles.subtracting(WrittenList.rolesAcrossWorkspaces.keys)
            if roles.isEmpty { continue }
            if roles == ["mainstay_owner"] {
                if !isPurge(policy) { faults.append("the policy \(policy.name) opens more to the owner than what is to be purged") }
                continue
            }
            if !roles.isSubset(of: ["mainstay_server"]) {
                let isRead = policy.letter == Command.select.letter && WrittenList.publishedTables[table.name] != nil
                if !isRead { faults.append("the policy \(policy.name) is for \(roles.sorted())") }
            }
            if policy.letter == Command.select.letter, WrittenList.publishedTables[table.name] != nil { continue }
            let isInsert = policy.letter == Command.insert.letter
            if !isInsert, !asks(policy.reading, tenant) { faults.append("the policy \(policy.name) shows rows by \(policy.reading ?? "nothing")") }
            if isInsert || policy.writing != nil, !asks(policy.writing, tenant) {
                faults.append("the policy \(policy.name) lets rows be written by \(policy.writing ?? "nothing")")
            }
        }
        return faults
    }

    /// Whether a policy opens to the owner of the tables what is to be purged, and nothing else.
    private static func isPurge(_ policy: Policy) -> Bool {
        guard policy.roles == ["mainstay_owner"], let reading = policy.reading else { return false }
        return ([reading] + [policy.writing].compactMap { $0 }).allSatisfy { WrittenList.ownersPredicates.contains(spaced($0)) }
    }

    /// Whether an expression asks for the workspace first, in the form that is worked out once a statement and not once a row:
    /// alone, or with more behind an `and`.
    static func asks(_ expression: String?, _ tenant: String) -> Bool {
        guard let expression else { return false }
        let words = spaced(expression)
        let wanted = "(\(tenant) = ANY (( SELECT mainstay_workspaces() AS mainstay_workspaces)::uuid[]))"
        return words == wanted || words.hasPrefix("(\(wanted) AND ")
    }

    private static func spaced(_ expression: String) -> String { expression.split { $0.isWhitespace }.joined(separator: " ") }
}
