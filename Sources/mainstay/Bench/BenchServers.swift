import Foundation
import LocalStack
import Logging
import Postgres
import Redis
import Schema
import ServiceLifecycle

/// Private, migrated servers for one benchmark, in a folder of the system's temporary ones. They are stopped and removed
/// afterwards, in whatever way this process ends.
struct BenchServers: Sendable {
    let endpoints: Endpoints
    let logger: Logger

    /// - Parameter profile: `standard` where time is measured, for there each commit reaches the disk; `test` where only
    ///   counts matter.
    /// - Throws: `LocalStackError` when the servers do not start; `BenchFault.interrupted`; what `body` throws.
    static func with<R: Sendable>(_ profile: Profile, _ body: @escaping @Sendable (BenchServers) async throws -> R) async throws -> R {
        var logger = Logger(label: "mainstay.bench")
        logger.logLevel = .warning
        let folder = try TemporaryFolder.make(in: FileManager.default.temporaryDirectory.path, named: "mainstay-bench")
        let watchdog = try Watchdog(over: folder)
        defer { watchdog.release() }
        let stack = LocalStack(folder: folder, roles: Schema.roles, profile: profile, logger: logger)
        do {
            let result = try await Interruption.orResult { [logger] () async throws -> R in
                Talk.say("starting private servers …")
                let endpoints = try await stack.start()
                _ = try await Migration.run(url: endpoints.ownerURL)
                return try await body(BenchServers(endpoints: endpoints, logger: logger))
            }
            guard let result else { throw BenchFault.interrupted }
            try await stack.wipe()
            return result
        } catch {
            // The first error is the one to tell.
            try? await stack.wipe()
            throw error
        }
    }

    /// Connections as the role that ingress and workers have.
    func pool(_ size: Int) throws -> PostgresPool {
        PostgresPool(configuration: try PostgresConfiguration(url: endpoints.serverURL), size: size, logger: logger)
    }

    /// A client of the queues' Redis; somebody must be in its `run()`.
    func redis() throws -> RedisClient {
        RedisClient(configuration: try RedisConfiguration(url: endpoints.redisURL), logger: logger)
    }

    /// Asks the queues' Redis over a connection of its own.
    /// - Returns: the replies in order.
    func ask(_ commands: [RedisCommand]) async throws -> [RedisValue] {
        let connection = try redis().blockingConnection()
        do {
            var replies: [RedisValue] = []
            for command in commands { replies.append(try await connection.send(command, timeout: .seconds(30))) }
            await connection.close()
            return replies
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Runs services for the length of `body` and stops them in order, the last one first.
    func run<R: Sendable>(_ services: [any Service], _ body: @escaping @Sendable () async throws -> R) async throws -> R {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }, logger: logger))
        return try await withThrowingTaskGroup(of: R?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask { try await body() }
            do {
                guard let first = try await tasks.next(), let result = first else { throw BenchFault.servicesEnded }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return result
            } catch {
                tasks.cancelAll()
                throw error
            }
        }
    }
}
