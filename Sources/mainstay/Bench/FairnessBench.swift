import Foundation
import Jobs
import LocalStack
import Logging
import Postgres
import Redis
import ServiceLifecycle

/// How much longer a few jobs of one workspace take while another one floods the queue: what `mainstay bench fairness` measures.
///
/// A round first times the few alone, by workers that are warm and idle. Then the whole flood is accepted, the workers begin
/// on it, and the few come behind it. Both times run from the first request to the last outcome row, by the clock that the
/// servers share with us. The rest of the flood is left: each round has Redis keys of its own. The workers are processes, as in life: who
/// accepts does not share its threads with who works the flood off, but does share the cores.
struct FairnessBench: Sendable {
    /// Jobs of the workspace that floods.
    let flood: Int
    /// Jobs of the other one.
    let few: Int
    let workers: Int
    let runs: Int
    /// What a job takes beside its row; with zero, jobs go in batches.
    let jobMilliseconds: Int

    struct Round: Sendable, Equatable {
        /// Seconds.
        let alone: Double
        let crowded: Double
        /// Jobs of the flood that were done while the few waited, a second.
        let floodRate: Double

        var ratio: Double { crowded / alone }
    }

    /// - Throws: `BenchFault`; `LocalStackError` when the servers do not start; `UpFault` when the workers do not; `JobError` when a job is not
    ///   accepted.
    func run() async throws -> [Round] {
        try await BenchServers.with(.standard) { servers in
            try await BenchTable.make(at: servers.endpoints.ownerURL, servers)
            return try await BenchProcesses.with(named: "mainstay-bench-fairness") { processes in
                var rounds: [Round] = []
                for number in 1...runs {
                    rounds.append(try await measured(number, servers, processes))
                    Talk.say("  \(number) of \(runs)")
                }
                return rounds
            }
        }
    }

    private func measured(_ number: Int, _ servers: BenchServers, _ processes: BenchProcesses) async throws -> Round {
        var settings = JobsConfiguration()
        settings.prefix = "fair-\(number)"
        settings.backlogBound = flood * 2 + 10_000
        settings.workspaceBacklogBound = settings.backlogBound
        let configuration = settings
        let pool = try servers.pool(6)
        let redis = try servers.redis()
        let producer = JobProducer(pool: pool, redis: redis, configuration: configuration, queues: [StreamWay.kind.queue], logger: servers.logger)
        let crew = (1...workers).map { worker in
            Supervisor.Child(
                name: "work-\(worker)",
                arguments: [
                    "bench", "fairness-worker", "--prefix", configuration.prefix, "--job-ms", "\(jobMilliseconds)", "--stack", processes.folder.path,
                ])
        }
        let own = StreamBenchStack.ownEnvironment(ProcessInfo.processInfo.environment)
        let environment = UpStart.childEnvironment(own, UpStart.stores(servers.endpoints))

        return try await servers.run([pool, redis, producer]) {
            let alone: Double = try await processes.keeping(crew, environment) {
                // Connections and statements are there before anything is timed.
                for _ in 0..<3 { _ = try await timed(few, producer, pool) }
                return try await timed(few, producer, pool)
            }
            let flooding = UUID.version7()
            try await accept(flood, workspace: flooding, by: producer, at: 500)
            return try await processes.keeping(crew, environment) {
                // The flood is under way: it has begun, and nearly all of it still waits.
                var begun = 0
                let deadline = ContinuousClock.now + .seconds(300)
                while begun < min(5000, flood / 10) {
                    guard ContinuousClock.now < deadline else { throw BenchFault.miscounted("the flood was not begun within 300 s") }
                    try await Task.sleep(for: .milliseconds(10))
                    begun = try await outcomes(of: flooding, pool).done
                }
                let counted = ContinuousClock.now
                let crowded = try await timed(few, producer, pool)
                let done = try await outcomes(of: flooding, pool).done
                return Round(alone: alone, crowded: crowded, floodRate: Double(done - begun) / (ContinuousClock.now - counted).inSeconds)
            }
        }
    }

    /// Seconds from the first request to the last outcome of so many jobs of a new workspace.
    private func timed(_ jobs: Int, _ producer: JobProducer, _ pool: PostgresPool) async throws -> Double {
        let workspace = UUID.version7()
        let began = Date()
        try await accept(jobs, workspace: workspace, by: producer, at: jobs)
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            let (done, last) = try await outcomes(of: workspace, pool)
            if done >= jobs, let last { return last.timeIntervalSince(began) }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw BenchFault.miscounted("the \(jobs) jobs of one workspace were not done within 300 s")
    }

    private func accept(_ jobs: Int, workspace: UUID, by producer: JobProducer, at once: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for first in 0..<min(once, jobs) {
                group.addTask {
                    for number in stride(from: first, to: jobs, by: once) {
                        _ = try await producer.accept(BenchRow<StreamWay>(number: number), workspace: workspace)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func outcomes(of workspace: UUID, _ pool: PostgresPool) async throws -> (done: Int, last: Date?) {
        let row = try await pool.query(.workspaces([workspace]), Self.finished, workspace).first
        return (try row?.decode("done", as: Int.self) ?? 0, try row?.decode("last", as: Date?.self) ?? nil)
    }

    private static let finished: SQL = """
        -- outcomes of a workspace in a fairness benchmark
        select count(*) as done, max(finished_at) as last from outcomes where workspace_id = $1
        """

    // MARK: What is shown

    /// A row a round, and one with the medians of each column.
    static func table(_ rounds: [Round]) -> Table {
        var table = Table("run", "#alone ms", "#in the flood ms", "#ratio", "#flood jobs per s")
        func row(_ name: String, _ alone: Double, _ crowded: Double, _ ratio: Double, _ rate: Double) -> [String?] {
            [
                name, String(format: "%.1f", alone * 1000), String(format: "%.1f", crowded * 1000), String(format: "%.2f", ratio),
                String(format: "%.0f", rate),
            ]
        }
        for (index, round) in rounds.enumerated() {
            table.rows.append(row("\(index + 1)", round.alone, round.crowded, round.ratio, round.floodRate))
        }
        if let alone = rounds.map(\.alone).median, let crowded = rounds.map(\.crowded).median, let ratio = rounds.map(\.ratio).median,
            let rate = rounds.map(\.floodRate).median
        {
            table.rows.append(row("median", alone, crowded, ratio, rate))
        }
        return table
    }
}
