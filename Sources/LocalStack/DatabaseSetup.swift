/// Makes the roles and the database, by psql: this module has no PostgreSQL client of its own.
struct DatabaseSetup: Sendable {
    let binaries: Binaries
    let endpoints: Endpoints

    /// Runs `roles` (the text of sql/roles.sql), which sets the passwords too, and creates the database. May be repeated.
    func run(roles: String) async throws {
        // By standard input, where no list of processes shows them. Passwords are hexadecimal and need no quoting.
        let passwords = [LoginRole.owner, .server, .reporting].map { role in
            "\\set \(role.rawValue.dropFirst("mainstay_".count))_password '\(endpoints.passwords[role])'\n"
        }
        let database = """
            select 'create database \(LocalStack.database) owner \(LoginRole.owner.rawValue)'
            where not exists (select 1 from pg_database where datname = '\(LocalStack.database)') \\gexec
            """
        _ = try await psql(passwords.joined() + roles + "\n" + database + "\n", database: "postgres")
    }

    /// Runs a script as superuser; it stops at the first error. Returns rows as psql prints them, unaligned, without headings.
    func psql(_ script: String, database: String, deadline: Duration = .seconds(60)) async throws -> String {
        let words = [
            binaries.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", "\(endpoints.ports[.postgres] ?? 0)",
            "-U", LoginRole.superuser.rawValue, "-d", database, "-f", "-",
        ]
        return try await Command(
            name: "psql", words: words, environment: ["PGPASSWORD": endpoints.passwords[.superuser], "PGCONNECT_TIMEOUT": "10"],
            input: script, deadline: deadline
        ).check()
    }
}
