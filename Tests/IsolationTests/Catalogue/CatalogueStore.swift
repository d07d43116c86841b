import Postgres

/// Reads a database's catalogue, as superuser: other roles do not see all of it.
enum CatalogueStore {
    static func read(_ superuser: PostgresPool) async throws -> Catalogue {
        try await superuser.transaction(.unscoped) { transaction in
            var catalogue = Catalogue(
                tables: [], partitions: [], views: try await transaction.query(views).map(view),
                functions: try await transaction.query(functions).map(function), roles: try await transaction.query(roles).map(role))
            for row in try await transaction.query(tables) {
                if try row.decode("is_partition", as: Bool.self) {
                    catalogue.partitions.append(Partition(name: try row.decode("name"), grants: try row.decode("grants")))
                } else {
                    catalogue.tables.append(try table(row))
                }
            }
            var places: [Int: Int] = [:]
            for (place, table) in catalogue.tables.enumerated() { places[table.oid] = place }
            // Partitions have columns and constraints too, which nobody asks for.
            for row in try await transaction.query(columns) {
                if let place = places[try row.decode("oid")] { catalogue.tables[place].columns.append(try column(row)) }
            }
            for row in try await transaction.query(constraints) {
                guard let place = places[try row.decode("oid")] else { continue }
                if try row.decode("kind", as: String.self) == "c" {
                    catalogue.tables[place].checks.append(try check(row))
                } else {
                    catalogue.tables[place].foreignKeys.append(try foreignKey(row))
                }
            }
            for row in try await transaction.query(uniqueKeys) {
                if let place = places[try row.decode("oid")] { catalogue.tables[place].uniqueKeys.append(try uniqueKey(row)) }
            }
            for row in try await transaction.query(policies) {
                if let place = places[try row.decode("oid")] { catalogue.tables[place].policies.append(try policy(row)) }
            }
            return catalogue
        }
    }

    // MARK: Rows

    private static func table(_ row: PostgresRow) throws -> Table {
        Table(
            oid: try row.decode("oid"), name: try row.decode("name"), owner: try row.decode("owner"),
            isRowSecurityEnabled: try row.decode("is_enabled"), isRowSecurityForced: try row.decode("is_forced"),
            canDelete: try row.decode("can_delete"), grants: try row.decode("grants"))
    }

    private static func column(_ row: PostgresRow) throws -> Column {
        Column(
            name: try row.decode("name"), type: try row.decode("type"), isRequired: try row.decode("is_required"),
            isMade: try row.decode("is_made"), preset: try row.decode("preset"), labels: try row.decode("labels"),
            canSelect: try row.decode("can_select"), canInsert: try row.decode("can_insert"), canUpdate: try row.decode("can_update"))
    }

    private static func check(_ row: PostgresRow) throws -> Check {
        Check(name: try row.decode("name"), columns: try row.decode("columns"), expression: try row.decode("expression"))
    }

    private static func foreignKey(_ row: PostgresRow) throws -> ForeignKey {
        ForeignKey(
            name: try row.decode("name"), columns: try row.decode("columns"), target: try row.decode("target"),
            targetColumns: try row.decode("target_columns"))
    }

    private static func uniqueKey(_ row: PostgresRow) throws -> UniqueKey {
        UniqueKey(
            name: try row.decode("name"), isPrimary: try row.decode("is_primary"), isPartial: try row.decode("is_partial"),
            columns: try row.decode("columns"))
    }

    private static func policy(_ row: PostgresRow) throws -> Policy {
        Policy(
            name: try row.decode("name"), letter: try row.decode("letter"), isPermissive: try row.decode("is_permissive"),
            roles: Set(try row.decode("roles", as: [String].self)), reading: try row.decode("reading"), writing: try row.decode("writing"))
    }

    private static func view(_ row: PostgresRow) throws -> View {
        View(
            name: try row.decode("name"), owner: try row.decode("owner"), asksAsInvoker: try row.decode("asks_as_invoker"),
            grantees: Set(try row.decode("grantees", as: [String].self)))
    }

    private static func function(_ row: PostgresRow) throws -> Function {
        Function(
            name: try row.decode("name"), hasSearchPath: try row.decode("has_search_path"),
            grantees: Set(try row.decode("grantees", as: [String].self)))
    }

    private static func role(_ row: PostgresRow) throws -> Role {
        Role(
            name: try row.decode("name"), isSuperuser: try row.decode("is_superuser"), passesPolicies: try row.decode("passes_policies"),
            hasMore: try row.decode("has_more"), owned: try row.decode("owned"),
            memberOf: Set(try row.decode("member_of", as: [String].self)), inherits: Set(try row.decode("inherits", as: [String].self)))
    }
}
