/// Where the servers of a stack are reached. Holds passwords: `description` leaves them out, the properties do not.
package struct Endpoints: Sendable, Equatable, CustomStringConvertible {
    let passwords: Passwords
    /// The TCP port of each server on 127.0.0.1.
    package let ports: [Server: Int]
    /// The id of each server's (main) process.
    package let pids: [Server: Int32]

    /// The queues' Redis.
    package var redisURL: String { redis(.redis) }
    /// The run logs' Redis.
    package var runLogURL: String { redis(.runLog) }
    /// Everything is allowed: set-up and tests only.
    package var superuserURL: String { postgres(.superuser) }
    /// Migrations.
    package var ownerURL: String { postgres(.owner) }
    /// Ingress and workers.
    package var serverURL: String { postgres(.server) }
    /// Reads the schema `reporting`.
    package var reportingURL: String { postgres(.reporting) }

    /// The URL by which `role` reaches a database of this PostgreSQL.
    package func postgres(_ role: LoginRole, database: String = LocalStack.database) -> String {
        "postgres://\(role.rawValue):\(passwords[role])@127.0.0.1:\(ports[.postgres] ?? 0)/\(database)"
    }

    private func redis(_ server: Server) -> String {
        "redis://:\(passwords.redis)@127.0.0.1:\(ports[server] ?? 0)/0"
    }

    package var description: String {
        Server.allCases.map { "\($0.rawValue) 127.0.0.1:\(ports[$0] ?? 0) pid \(pids[$0] ?? 0)" }.joined(separator: ", ")
    }
}

/// The roles that log in, see sql/roles.sql.
package enum LoginRole: String, Sendable, CaseIterable {
    case superuser = "postgres"
    case owner = "mainstay_owner"
    case server = "mainstay_server"
    case reporting = "mainstay_reporting"
}

/// 192 random bits each, in hexadecimal: no character that a URL, a shell or a configuration file would mind.
struct Passwords: Sendable, Equatable, Codable {
    let redis, superuser, owner, server, reporting: String

    static func generate() -> Passwords {
        Passwords(redis: secret(), superuser: secret(), owner: secret(), server: secret(), reporting: secret())
    }

    subscript(role: LoginRole) -> String {
        switch role {
        case .superuser: superuser
        case .owner: owner
        case .server: server
        case .reporting: reporting
        }
    }

    private static func secret() -> String {
        // SystemRandomNumberGenerator is the system's cryptographic source on Linux and macOS.
        var generator = SystemRandomNumberGenerator()
        return (0..<3).map { _ in
            let digits = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
