import LocalStack
import TestSupport
import Testing

#if canImport(Darwin)
import Darwin
import Foundation
#else
import FoundationEssentials
import Glibc
#endif

/// Where a stack may lie, and what is said when it cannot start.
@Suite(.timeLimit(.minutes(2)))
struct PlaceTests {
    @Test func `A long path with blanks, quotes and other letters is no hindrance`() async throws {
        let folder = try TestFolder.make("stack") + "/" + Array(repeating: "a \"long\" folder's näme $HOME \\", count: 8).joined(separator: "/")
        #expect(folder.utf8.count > 200)
        let servers = stack(folder)
        let first = try await servers.start()
        #expect(try await servers.psql("select 1") == "1\n")
        try await set("kept", at: first.redisURL)
        try await servers.kill(.redis)
        _ = try await servers.start(.redis)
        #expect(try await exists("kept", at: first.redisURL))
        try await servers.wipe()
    }

    /// As under /root: when we are root the servers' user is another, which is given the right to pass through.
    @Test func `A folder that nobody else may enter is no hindrance`() async throws {
        let closed = try TestFolder.make("closed")
        chmod(closed, 0o700)
        let servers = stack("\(closed)/stack")
        _ = try await servers.start()
        #expect(try await servers.psql("select 1") == "1\n")
        try await servers.wipe()
    }

    @Test func `Several free ports are as many different ones, without those that are spoken for`() throws {
        let ports = try FreePort.next(64)
        #expect(Set(ports).count == 64)
        #expect(try FreePort.next(0).isEmpty)
        let spoken = Set(20_000..<30_000)
        #expect(try FreePort.next(3, except: spoken).allSatisfy { !spoken.contains($0) })
    }

    @Test func `Nobody but its owner can read the state`() async throws {
        let folder = try TestFolder.make("stack")
        _ = try await stack(folder).start()
        var information = stat()
        #expect(stat("\(folder)/state.json", &information) == 0)
        #expect(information.st_mode & 0o777 == 0o600)
        #expect(stat("\(folder)/redis", &information) == 0)
        #expect(information.st_mode & 0o777 == 0o700)
        try await stack(folder).wipe()
    }

    @Test func `All missing programs are named at once, with the packages that have them`() async throws {
        let folder = try TestFolder.make("stack")
        let servers = stack(folder, search: SearchPath(programs: ["/nowhere"], postgres: ["/nowhere"]))
        let error = await #expect(throws: LocalStackError.self) { try await servers.start() }
        #expect(error?.code == .missingBinary)
        let text = error?.description ?? ""
        for word in ["redis-server", "apt-get install postgresql", "brew install redis", "ops/up", "/nowhere"] {
            #expect(text.contains(word), "\(word)")
        }
    }

    @Test(arguments: Server.allCases)
    func `A port that was asked for and is taken is named, and nothing is left running`(server: Server) async throws {
        let folder = try TestFolder.make("stack")
        let taken = try #require(try await TestStack.shared().endpoints.ports[.redis])
        let ports = Ports(
            redis: server == .redis ? taken : nil, runLog: server == .runLog ? taken : nil, postgres: server == .postgres ? taken : nil)
        let error = await #expect(throws: LocalStackError.self) { try await stack(folder, ports: ports).start() }
        #expect(error?.code == .portInUse)
        #expect(error?.message.contains("\(taken)") == true)
        #expect(try stack(folder).endpoints()?.pids == [:])
        try await stack(folder).wipe()
    }

    @Test func `A port that was chosen before and is taken now is chosen anew; one that is asked for is used`() async throws {
        let folder = try TestFolder.make("stack")
        let wanted = try FreePort.next()
        let before = try await stack(folder, ports: Ports(runLog: wanted)).start()
        #expect(before.ports[.runLog] == wanted)
        let error = await #expect(throws: LocalStackError.self) { try await stack(folder, ports: Ports(runLog: wanted + 1)).start() }
        #expect(error?.code == .portInUse)
        try await stack(folder).stop()

        let port = try #require(before.ports[.redis])
        let stranger = try await stack(TestFolder.make("stranger"), ports: Ports(redis: port)).start()
        let after = try await stack(folder).start()
        #expect(stranger.ports[.redis] == port)
        #expect(after.ports[.redis] != port)
        #expect(after.ports[.runLog] == wanted)
        try await set("kept", at: after.redisURL)
        try await stack(folder).wipe()
    }

    @Test func `A damaged state file is an error and is not written over`() async throws {
        let folder = try TestFolder.make("stack")
        try "{".write(toFile: "\(folder)/state.json", atomically: false, encoding: .utf8)
        let error = await #expect(throws: LocalStackError.self) { try await stack(folder).start() }
        #expect(error?.code == .unusableFolder)
        #expect(error?.message.contains("state.json is damaged") == true)
        #expect(try String(contentsOfFile: "\(folder)/state.json", encoding: .utf8) == "{")
    }

    @Test func `A server that does not start is told with the end of its log`() async throws {
        let folder = try TestFolder.make("stack")
        _ = try await stack(folder).start()
        try await stack(folder).stop()
        try "99\n".write(toFile: "\(folder)/postgres/data/PG_VERSION", atomically: false, encoding: .utf8)
        let error = await #expect(throws: LocalStackError.self) { try await stack(folder).start() }
        #expect(error?.code == .serverFailed)
        #expect(error?.message.contains("not compatible") == true)
        #expect(error?.remedy?.contains("another version of PostgreSQL") == true)
        #expect(try stack(folder).endpoints()?.pids == [:])
        try await stack(folder).wipe()
    }
}
