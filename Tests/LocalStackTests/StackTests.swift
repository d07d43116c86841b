import LocalStack
import Postgres
import Redis
import TestSupport
import Testing

#if canImport(Darwin)
import Darwin
import Foundation
#else
import FoundationEssentials
import Glibc
#endif

/// A stack's life: start, start again, stop, crash, restart, wipe.
@Suite(.timeLimit(.minutes(2)))
struct StackTests {
    @Test func `All three servers answer, each role with its own password, and only the owner of the folder can read them`() async throws {
        let stack = try await TestStack.shared()
        let endpoints = stack.endpoints
        #expect(
            try await stack.servers.psql("select rolname from pg_roles where rolname like 'mainstay%' and rolcanlogin order by 1")
                == "mainstay_owner\nmainstay_reporting\nmainstay_server\n")
        #expect(try await stack.servers.psql("select pg_get_userbyid(datdba) from pg_database where datname = 'mainstay'") == "mainstay_owner\n")
        #expect(try await stack.servers.psql("show listen_addresses; show synchronous_commit; show server_encoding") == "127.0.0.1\non\nUTF8\n")
        for role in LoginRole.allCases {
            try await withPool(endpoints.postgres(role)) { pool in
                let rows = try await pool.query(.unscoped, "select current_user::text as name")
                let name = try rows.first?.decode("name", as: String.self)
                #expect(name == role.rawValue)
            }
        }
        #expect(
            Set([endpoints.superuserURL, endpoints.ownerURL, endpoints.serverURL, endpoints.reportingURL].map { $0.split(separator: "@")[0] }).count
                == 4)
        #expect(!endpoints.description.contains(endpoints.redisURL.dropFirst("redis://:".count).prefix(48)))
    }

    @Test func `The queues are durable, the run log is not, neither forgets under pressure`() async throws {
        let stack = try await TestStack.shared()
        let wanted: [(url: String, settings: [String: String])] = [
            (
                stack.redisURL,
                ["appendonly": "yes", "appendfsync": "always", "hash-max-listpack-entries": "32", "save": "", "maxmemory-policy": "noeviction"]
            ),
            (stack.runLogURL, ["appendonly": "no", "save": "", "maxmemory-policy": "noeviction"]),
        ]
        for (url, settings) in wanted {
            try await withRedis(url) { client in
                for (name, value) in settings {
                    let reply = try await client.send(RedisCommand("CONFIG", "GET", .string(name)))
                    #expect(reply.array?.last?.string == value, "\(name)")
                }
            }
        }
    }

    @Test func `A second start, by anyone, finds the same servers; ten at once start one set`() async throws {
        let folder = try TestFolder.make("stack")
        let all = try await withThrowingTaskGroup(of: Endpoints.self) { group in
            for _ in 0..<10 { group.addTask { try await stack(folder).start() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(all.count == 10)
        #expect(Set(all.map(\.description)).count == 1)
        #expect(Set(all.map(\.ownerURL)).count == 1)
        #expect(try stack(folder).endpoints() == all[0])
        try await stack(folder).wipe()
    }

    @Test func `Stopping keeps data, passwords and ports; what is in no file is gone`() async throws {
        let folder = try TestFolder.make("stack")
        let before = try await stack(folder).start()
        _ = try await stack(folder).psql("create table kept (n integer); insert into kept values (1)")
        for url in [before.redisURL, before.runLogURL] { try await set("kept", at: url) }
        // A Ctrl-C on our terminal must not reach them.
        for pid in before.pids.values { #expect(getpgid(pid) != getpgrp()) }

        try await stack(folder).stop()
        #expect(try stack(folder).endpoints()?.pids == [:])
        #expect(before.pids.values.allSatisfy { !isAlive($0) })
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/run/redis.pid"))
        try await stack(folder).stop()

        let after = try await stack(folder).start()
        #expect(after.redisURL == before.redisURL)
        #expect(after.ownerURL == before.ownerURL)
        #expect(after.pids != before.pids)
        #expect(try await stack(folder).psql("select n from kept") == "1\n")
        #expect(try await exists("kept", at: after.redisURL))
        #expect(try await !exists("kept", at: after.runLogURL))
        try await stack(folder).wipe()
    }

    @Test func `Killed servers are started again at their ports, with what they had acknowledged`() async throws {
        let folder = try TestFolder.make("stack")
        let servers = stack(folder)
        let before = try await servers.start()
        _ = try await servers.psql("create table kept (n integer); insert into kept values (1)")
        try await set("kept", at: before.redisURL)
        for server in Server.allCases { try await servers.kill(server) }
        #expect(before.pids.values.allSatisfy { !isAlive($0) })

        let redis = try await servers.start(.redis)
        #expect(redis.redisURL == before.redisURL)
        #expect(try await exists("kept", at: redis.redisURL))
        #expect(redis.pids[.postgres] == nil)
        let all = try await servers.start()
        #expect(all.pids[.redis] == redis.pids[.redis])
        #expect(all.ownerURL == before.ownerURL)
        #expect(try await servers.psql("select n from kept") == "1\n")
        #expect(try String(contentsOfFile: "\(folder)/run/postgres.pid", encoding: .utf8) == "\(all.pids[.postgres] ?? 0)\n")
        try await servers.wipe()
    }

    @Test func `A pid file that names a stranger neither keeps a server from starting nor gets the stranger killed`() async throws {
        let folder = try TestFolder.make("stack")
        let servers = stack(folder)
        _ = try await servers.start()
        try await servers.stop()
        let stranger = try Spawn.start(["/bin/sleep", "600"], environment: [:], input: 0, output: 1, errors: 2)
        defer {
            kill(stranger, SIGKILL)
            waitpid(stranger, nil, 0)
        }
        for file in ["redis/redis.pid", "run-log/redis.pid", "postgres/data/postmaster.pid"] {
            try "\(stranger)\n".write(toFile: "\(folder)/\(file)", atomically: false, encoding: .utf8)
        }
        #expect(try servers.endpoints()?.pids == [:])
        let endpoints = try await servers.start()
        #expect(!endpoints.pids.values.contains(stranger))
        #expect(try await servers.psql("select 1") == "1\n")
        #expect(isAlive(stranger))
        try await servers.wipe()
    }

    @Test func `Wiping removes what the stack put there and nothing else`() async throws {
        let folder = try TestFolder.make("stack")
        let endpoints = try await stack(folder).start()
        try "mine".write(toFile: "\(folder)/run/mine.pid", atomically: false, encoding: .utf8)
        try await stack(folder).wipe()
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() == ["run", "run/mine.pid"])
        #expect(endpoints.pids.values.allSatisfy { !isAlive($0) })
        try await stack(folder).wipe()

        // A new stack has new passwords.
        let again = try await stack(folder).start()
        #expect(again.redisURL.split(separator: "@")[0] != endpoints.redisURL.split(separator: "@")[0])
        try await stack(folder).wipe()
        try FileManager.default.removeItem(atPath: folder)
        try await stack(folder).wipe()
        #expect(try stack(folder).endpoints() == nil)
    }

    @Test func `When the test process ends, however it ends, its servers are ended and its folder is removed`() async throws {
        let folder = try TestFolder.makeRoot()
        let watchdog = try Watchdog(over: folder)
        let endpoints = try await stack("\(folder)/servers").start()
        watchdog.release()
        try await eventually("the folder is removed") { !FileManager.default.fileExists(atPath: folder) }
        try await eventually("the servers are gone") { endpoints.pids.values.allSatisfy { !isAlive($0) } }
    }
}
