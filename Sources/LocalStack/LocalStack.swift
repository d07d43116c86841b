package import Logging

#if canImport(Darwin)
import Foundation
#else
import FoundationEssentials
#endif

/// Two private redis-servers and a PostgreSQL under one folder, for `mainstay up` and for tests.
///
/// They listen on 127.0.0.1 with generated passwords, at free ports that are kept from start to start. (Unix sockets would be
/// a little faster, but their paths may have 107 bytes at most; TCP works at every path.) Nothing outside the folder is touched.
/// When we are root the servers run as user `postgres`, see `Account`.
///
/// Everything known about a stack is in its folder: any process may make a `LocalStack` of the same folder and stop what
/// another started. A lock lets one process at a time start or stop.
package struct LocalStack: Sendable {
    /// The database that `start` creates.
    package static let database = "mainstay"

    private let path: String
    private let roles: String
    private let profile: Profile
    private let ports: Ports
    private let search: SearchPath
    private let logger: Logger

    /// Does nothing yet.
    ///
    /// - Parameters:
    ///   - folder: made when missing.
    ///   - roles: the text of sql/roles.sql.
    package init(
        folder: String, roles: String, profile: Profile = .standard, ports: Ports = Ports(), search: SearchPath = .system, logger: Logger
    ) {
        self.path = folder
        self.roles = roles
        self.profile = profile
        self.ports = ports
        self.search = search
        self.logger = logger
    }

    /// Starts what does not run, creates the roles and the database, and returns when all of it answers.
    ///
    /// Running servers are left as they are. When something fails, what this call started is stopped again.
    /// - Throws: `LocalStackError` of every code.
    package func start() async throws -> Endpoints {
        let folder = try StackFolder(creating: path)
        return try await StackLock.hold(folder) {
            let tools = try await Tools(for: folder, search: search)
            let site = try Site(creatingIn: folder, profile: profile)
            let earlier = site.running
            do {
                let endpoints = try await bringUp(Server.allCases, of: site, with: tools)
                try await DatabaseSetup(binaries: tools.binaries, endpoints: endpoints).run(roles: roles)
                logger.debug("private servers are ready", metadata: ["folder": "\(folder.path)", "servers": "\(endpoints)"])
                return endpoints
            } catch {
                for server in Server.allCases where !earlier.contains(server) {
                    // The first error is the one to tell.
                    try? await halt(server, of: site, limit: .seconds(10))
                }
                throw error
            }
        }
    }

    /// Starts one server that was stopped or killed, at the port it had.
    package func start(_ server: Server) async throws -> Endpoints {
        let folder = try StackFolder(creating: path)
        return try await StackLock.hold(folder) {
            let tools = try await Tools(for: folder, search: search)
            return try await bringUp([server], of: Site(creatingIn: folder, profile: profile), with: tools)
        }
    }

    /// Where a stack that has been started before is reached, without starting anything; nil when there is none.
    /// A server that does not run now has no `pids` entry.
    package func endpoints() throws -> Endpoints? {
        try existing()?.endpoints
    }

    /// Stops all servers and keeps their data. A stack that does not run, or is not there, is no error.
    ///
    /// - Parameter limit: how long each server may take for an orderly end, before it is made to end.
    package func stop(limit: Duration = .seconds(20)) async throws {
        guard let site = try existing() else { return }
        try await StackLock.hold(site.folder) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for server in Server.allCases { group.addTask { try await halt(server, of: site, limit: limit) } }
                try await group.waitForAll()
            }
        }
    }

    /// Stops one server in order.
    package func stop(_ server: Server, limit: Duration = .seconds(20)) async throws {
        guard let site = try existing() else { return }
        try await StackLock.hold(site.folder) { try await halt(server, of: site, limit: limit) }
    }

    /// Ends one server as kill -9 does, and returns when it is gone. Its data is as a crash leaves it.
    package func kill(_ server: Server) async throws {
        guard let process = try existing()?.server(server).running() else { return }
        guard process.signal(9), try await process.waitForEnd(limit: .seconds(20)) else {
            throw LocalStackError(.busy, "\(server.rawValue) (process \(process.pid)) cannot be killed")
        }
    }

    /// Stops all servers and removes their data. What others put into the folder stays.
    package func wipe() async throws {
        try await stop()
        try existing()?.folder.remove()
    }

    /// Runs a script by psql as superuser and returns its rows, columns parted by `|`. For set-up and for tests: this is the way
    /// to run what cannot be in a transaction, as `create database`.
    package func psql(_ script: String, database: String = LocalStack.database) async throws -> String {
        guard let site = try existing() else { throw StackFolder.unusable(path, "no stack was started there") }
        let binaries = try await Binaries.find(search)
        return try await DatabaseSetup(binaries: binaries, endpoints: site.endpoints).psql(script, database: database)
    }

    // MARK: - Steps, with the lock held

    /// Ports are written down before a server starts, so that one which outlives us is found at its port.
    private func bringUp(_ servers: [Server], of site: Site, with tools: Tools) async throws -> Endpoints {
        var site = site
        for server in servers { site.state.ports[server] = try port(for: server, of: site) }
        try site.state.save(to: site.folder)
        try await withThrowingTaskGroup(of: (Server, Int).self) { group in
            for server in servers {
                group.addTask { [site] in (server, try await ensure(server, of: site, with: tools)) }
            }
            for try await (server, port) in group { site.state.ports[server] = port }
        }
        try site.state.save(to: site.folder)
        return site.endpoints
    }

    /// The port it runs at; or the one asked for; or the one it had, if that is free; or a free one.
    private func port(for server: Server, of site: Site) throws -> Int {
        let known = site.state.ports[server]
        if let known, site.server(server).running() != nil {
            guard (ports[server] ?? known) == known else {
                throw LocalStackError(
                    .portInUse, "\(server.rawValue) already runs at port \(known), not at \(ports[server] ?? known)",
                    remedy: "Stop the stack first (`ops/down`).")
            }
            return known
        }
        return try ports[server] ?? known.flatMap { FreePort.isFree($0) ? $0 : nil } ?? FreePort.next()
    }

    /// Starts `server` unless it runs, and returns its port, which is another than the chosen one if that was taken meanwhile.
    private func ensure(_ server: Server, of site: Site, with tools: Tools) async throws -> Int {
        let one = site.server(server)
        var port = site.state.ports[server] ?? 0
        if one.running() != nil { return port }
        var triesLeft = 5
        while true {
            do {
                let process = try await one.launch(port: port, tools: tools)
                try site.folder.publish(process.pid, of: server)
                return port
            } catch let error as LocalStackError where error.code == .portInUse && ports[server] == nil && triesLeft > 0 {
                triesLeft -= 1
                port = try FreePort.next()
            }
        }
    }

    private func halt(_ server: Server, of site: Site, limit: Duration) async throws {
        try await site.server(server).stop(limit: limit)
        site.folder.retract(server)
    }

    private func existing() throws -> Site? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try Site(existingIn: StackFolder(existing: path), profile: profile)
    }
}
