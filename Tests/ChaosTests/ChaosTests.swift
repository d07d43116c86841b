import Foundation
import LocalStack
import Synchronization
import TestSupport
import Testing

/// Somebody is killed in the middle of 10,000 jobs; afterwards every job has exactly one outcome and nothing waits.
///
/// Recovery times are printed, not asserted: how long a machine takes is no matter of right and wrong.
@Suite(.serialized, .timeLimit(.minutes(12))) struct ChaosTests {
    static let total = 10_000

    /// Sends tickets from 50 clients, each under a key and again after any answer but 202, and calls `fault` when a third is accepted.
    /// - Returns: the ids of all accepted tickets.
    private func send(_ deployment: Deployment, fault: @escaping @Sendable () async throws -> Void) async throws -> Set<String> {
        let accepted = Accepted()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await eventually(timeout: .seconds(120), "a third of the jobs") { accepted.count > Self.total / 3 }
                try await fault()
            }
            for client in 0..<50 {
                group.addTask {
                    for number in stride(from: client, to: Self.total, by: 50) {
                        try await eventually(timeout: .seconds(90), "ticket \(number)") {
                            let answer = try? await deployment.call(
                                "POST", "/v1/tickets", #"{"subject":"Ticket \#(number)","body":"b"}"#, headers: ["idempotency-key": "key-\(number)"])
                            guard answer?.status == 202, let id = answer?.json["id"] as? String else { return false }
                            accepted.insert(id)
                            return true
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        return accepted.all
    }

    /// Every accepted ticket is there once, with its two clocks, and Redis holds nothing more.
    private func expectWhole(_ deployment: Deployment, _ ids: Set<String>, since fault: ContinuousClock.Instant, _ what: String) async throws {
        #expect(ids.count == Self.total)
        try await eventually(timeout: .seconds(120), "all tickets after \(what)") {
            try await deployment.psql("select count(*) from tickets") == "\(Self.total)"
        }
        print("\(what): all \(Self.total) jobs done \(ContinuousClock.now - fault) after the fault")
        #expect(try await deployment.psql("select count(distinct id) from tickets") == "\(Self.total)")
        #expect(try await deployment.psql("select count(*) from sla_clocks") == "\(2 * Self.total)")
        #expect(try await deployment.psql("select count(*) from acceptances") == "\(Self.total)")
        #expect(try await deployment.psql("select count(*) from outcomes where kind = 'ticket.create'") == "0")
        #expect(try await deployment.psql("select count(*) from dead_letters") == "0")
        try await eventually(timeout: .seconds(60), "empty queues after \(what)") {
            let answer = try await deployment.command("queues", "--json", "--seconds", "0")
            let rows = (try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any])?["rows"] as? [[String: Any]]
            let tickets = rows?.first { $0["queue"] as? String == "tickets" }
            return tickets?["ready"] as? Int == 0 && tickets?["running"] as? Int == 0 && tickets?["later"] as? Int == 0
                && tickets?["parked"] as? Int == 0
        }
    }

    @Test("kill -9 of a worker")
    func worker() async throws {
        try await Deployment.with(own: true) { deployment in
            let fault = Mutex(ContinuousClock.now)
            let ids = try await send(deployment) {
                fault.withLock { $0 = .now }
                await deployment.end("work-0", by: SIGKILL)
                try deployment.spawn("work-2", ["work"])
            }
            try await expectWhole(deployment, ids, since: fault.withLock { $0 }, "kill -9 of a worker")
        }
    }

    @Test("kill -9 of redis-server")
    func redis() async throws {
        try await Deployment.with(own: true) { deployment in
            let fault = Mutex(ContinuousClock.now)
            let ids = try await send(deployment) {
                fault.withLock { $0 = .now }
                try await deployment.stack.servers.kill(.redis)
                _ = try await deployment.stack.servers.start(.redis)
            }
            try await expectWhole(deployment, ids, since: fault.withLock { $0 }, "kill -9 of redis-server")
        }
    }

    @Test("kill -9 of a postgres backend, which restarts the whole server")
    func backend() async throws {
        try await Deployment.with(own: true) { deployment in
            let fault = Mutex(ContinuousClock.now)
            let ids = try await send(deployment) {
                let pid = try await deployment.psql(
                    "select pid from pg_stat_activity where usename = 'mainstay_server' and backend_type = 'client backend' limit 1")
                fault.withLock { $0 = .now }
                kill(try #require(Int32(pid)), SIGKILL)
            }
            try await expectWhole(deployment, ids, since: fault.withLock { $0 }, "kill -9 of a postgres backend")
        }
    }

    @Test("kill -9 of the ingress")
    func ingress() async throws {
        try await Deployment.with(own: true) { deployment in
            let fault = Mutex(ContinuousClock.now)
            let ids = try await send(deployment) {
                fault.withLock { $0 = .now }
                await deployment.end("serve", by: SIGKILL)
                try deployment.spawn("serve", ["serve"])
            }
            try await expectWhole(deployment, ids, since: fault.withLock { $0 }, "kill -9 of the ingress")
        }
    }

    @Test("a worker stopped past its lease wakes up and commits nothing that another did")
    func zombie() async throws {
        try await Deployment.with(own: true) { deployment in
            let fault = Mutex(ContinuousClock.now)
            let ids = try await send(deployment) {
                fault.withLock { $0 = .now }
                deployment.signal("work-0", SIGSTOP)
                try await eventually(timeout: .seconds(60), "the stopped worker's death") {
                    try await deployment.psql("select count(*) from workers where dead_at is not null") == "1"
                }
                deployment.signal("work-0", SIGCONT)
            }
            try await expectWhole(deployment, ids, since: fault.withLock { $0 }, "SIGSTOP of a worker past its lease")
        }
    }
}

/// Ids that many clients collect.
private final class Accepted: Sendable {
    private let ids = Mutex<Set<String>>([])

    var all: Set<String> { ids.withLock { $0 } }
    var count: Int { ids.withLock { $0.count } }

    func insert(_ id: String) {
        _ = ids.withLock { $0.insert(id) }
    }
}
