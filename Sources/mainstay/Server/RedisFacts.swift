import Redis

/// What a Redis says of itself. What it does not tell, because `CONFIG` or `INFO` is not allowed there, is absent.
struct RedisFacts: Sendable, Equatable {
    var version: String?
    var settings: [String: String] = [:]

    /// The settings that matter here.
    private static let asked = ["maxmemory-policy", "appendonly", "appendfsync", "hash-max-listpack-entries"]

    /// Asks over a connection of its own: those of the client exist only while its service runs.
    /// - Throws: `RedisError` when it does not answer at all.
    static func read(from client: RedisClient) async throws -> RedisFacts {
        let connection = client.blockingConnection()
        do {
            var facts = RedisFacts()
            for name in asked {
                facts.settings[name] = try await ask(connection, RedisCommand("CONFIG", "GET", .string(name)))?.array?.last?.string
            }
            let info = try await ask(connection, RedisCommand("INFO", "server"))?.string ?? ""
            facts.version = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("redis_version:") }.map { String($0.dropFirst(14)) }
            await connection.close()
            return facts
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The reply; nil when the server refuses the command.
    private static func ask(_ connection: RedisBlockingConnection, _ command: RedisCommand) async throws -> RedisValue? {
        do {
            return try await connection.send(command, timeout: .seconds(2))
        } catch let error as RedisError where error.code == .server {
            return nil
        }
    }
}
