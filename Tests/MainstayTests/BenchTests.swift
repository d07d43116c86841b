import Foundation
import Testing

@testable import mainstay

@Suite struct BudgetFileTests {
    private let trips = BudgetFigure("ledger.drain.postgres_trips_per_batch")
    private let allocations = BudgetFigure("stream.drain.allocations_per_job.\(BudgetFigure.build)")

    private func file(_ figures: [String: BudgetFile.Entry]) -> BudgetFile {
        BudgetFile(jobs: 1000, batch: 50, figures: figures)
    }

    @Test(
        "what is found passes up to its tolerance, is told when it is less, and fails when it is more",
        arguments: [
            (1, .within), (1.19, .within), (1.21, .more), (0.81, .within), (0.5, .less), (2, .more),
        ] as [(Double, BudgetComparison.Verdict)])
    func verdicts(found: Double, verdict: BudgetComparison.Verdict) throws {
        // 1 ± 15 %, and the twentieth on top.
        let comparison = BudgetComparison(file([trips.name: .init(allowed: 1, tolerance: 0.15)]), [trips: found])
        let row = try #require(comparison.rows.first)
        #expect(comparison.rows.count == 1 && row.verdict == verdict)
        #expect(comparison.isGood == (verdict != .more))
    }

    @Test("of what is allowed nothing, next to nothing passes and one a batch does not")
    func nothingAllowed() {
        let none = file([trips.name: .init(allowed: 0, tolerance: 0.15)])
        #expect(BudgetComparison(none, [trips: 0.02]).isGood)
        #expect(!BudgetComparison(none, [trips: 1]).isGood)
    }

    @Test("a figure that only one of the two has fails, for a budget that is not counted holds nothing")
    func oneSided() {
        let missing = BudgetComparison(file([trips.name: .init(allowed: 1, tolerance: 0.1)]), [:])
        #expect(missing.rows.map(\.verdict) == [.notCounted] && !missing.isGood)
        let unknown = BudgetComparison(file([:]), [trips: 1])
        #expect(unknown.rows.map(\.verdict) == [.notBudgeted] && !unknown.isGood)
        #expect(unknown.table.text.contains("not in the file"))
    }

    @Test("allocations of the other kind of build are neither asked for nor forgotten")
    func otherBuild() throws {
        let other = "stream.drain.allocations_per_job." + (BudgetFigure.build == "debug" ? "release" : "debug")
        var budget = file([other: .init(allowed: 40, tolerance: 0.1)])
        #expect(BudgetComparison(budget, [:]).rows.isEmpty)
        budget.take([trips: 1.234], reason: "fewer", date: "2026-01-01")
        #expect(budget.figures[other]?.allowed == 40)
        #expect(budget.figures[trips.name] == .init(allowed: 1.23, tolerance: 0.15))
        #expect(budget.changes == [.init(date: "2026-01-01", reason: "fewer")])
    }

    #if os(Linux)
    @Test("a new number keeps the tolerance that somebody gave it; a figure that is gone is gone")
    func taking() {
        var budget = file([allocations.name: .init(allowed: 10, tolerance: 0.02), trips.name: .init(allowed: 1, tolerance: 0.1)])
        budget.take([allocations: 123.4], reason: "r", date: "d")
        #expect(budget.figures == [allocations.name: .init(allowed: 123, tolerance: 0.02)])
    }
    #endif

    @Test("the file that was written is read again")
    func writing() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("budget-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var budget = file([:])
        budget.take([trips: 1], reason: "a reason", date: "2026-01-01")
        try budget.write(path)
        #expect(try BudgetFile.read(path) == budget)
    }

    @Test("the file in ops/ is one")
    func shipped() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let budget = try BudgetFile.read(root.appendingPathComponent("ops/budget.json").path)
        #expect(budget.version == 1 && budget.jobs >= budget.batch * 100)
        #expect(budget.figures.values.allSatisfy { $0.tolerance <= 2 && $0.allowed >= 0 })
    }
}

@Suite struct BenchPartsTests {
    @Test("Redis's counters: scripts, reads and commands apart from what asking for them costs")
    func redisCounts() {
        let counts = RedisCounts(
            commandStatistics: """
                # Commandstats\r
                cmdstat_xadd:calls=200,usec=900,usec_per_call=4.50,rejected_calls=0,failed_calls=0\r
                cmdstat_evalsha:calls=7,usec=90,usec_per_call=4.50,rejected_calls=0,failed_calls=0\r
                cmdstat_eval:calls=1,usec=9,usec_per_call=9.00,rejected_calls=0,failed_calls=0\r
                cmdstat_xreadgroup:calls=5,usec=9,usec_per_call=9.00,rejected_calls=0,failed_calls=0\r
                cmdstat_xgroup|create:calls=1,usec=9,usec_per_call=9.00,rejected_calls=0,failed_calls=0\r
                cmdstat_config|resetstat:calls=3,usec=9,usec_per_call=9.00,rejected_calls=0,failed_calls=0\r
                cmdstat_info:calls=2,usec=9,usec_per_call=9.00,rejected_calls=0,failed_calls=0\r
                """, persistence: "# Persistence\r\naof_enabled:1\r\naof_current_size:12345\r\naof_base_size:88\r\n")
        #expect(counts.commands == 214)
        #expect(counts.scripts == 8 && counts.reads == 5)
        #expect(counts.logBytes == 12345)
    }

    @Test("what wrk prints is read from its last line, in milliseconds")
    func loadFigure() throws {
        let figure = try LoadGenerator.figure(
            from: """
                Running 5s test @ http://127.0.0.1:1/
                Requests/sec:  19.90

                {"requests":100,"microseconds":5000000,"refused":0,"broken":0,"p50":1500,"p99":9000,"max":12000,"cpu":0.250}

                """)
        #expect(figure == .init(requests: 100, seconds: 5, p50: 1.5, p99: 9, max: 12, cores: 0.05))
        #expect(figure.rate == 20)
    }

    @Test(
        "a run in which answers were faults or connections broke is no figure",
        arguments: [
            #"{"requests":100,"microseconds":5000000,"refused":1,"broken":0,"p50":1,"p99":9,"max":9,"cpu":0.1}"#,
            #"{"requests":100,"microseconds":5000000,"refused":0,"broken":2,"p50":1,"p99":9,"max":9,"cpu":0.1}"#,
            #"{"requests":0,"microseconds":5000000,"refused":0,"broken":0,"p50":0,"p99":0,"max":0,"cpu":0.1}"#, "unable to connect", "",
        ])
    func refusedLoad(output: String) {
        #expect(throws: BenchFault.self) { try LoadGenerator.figure(from: output) }
    }

    @Test("a request goes into wrk's script with nothing that Lua would read as its own")
    func loadScript() {
        let script = LoadGenerator.script(
            for: .init(url: "http://h/", method: "POST", headers: [("Authorization", "Bearer mst_1")], body: "{\"a\":\"]]é\\n\"}\n"))
        #expect(script.contains("wrk.method = \"POST\"\n"))
        #expect(script.contains("wrk.headers[\"Authorization\"] = \"Bearer mst_1\"\n"))
        #expect(script.contains(#"wrk.body = "{\034a\034:\034]]\195\169\092n\034}\010""#))
    }

    @Test("paths are asked for in turn by wrk's script, and a request without them has none of it")
    func loadPaths() {
        let script = LoadGenerator.script(for: .init(url: "http://h/", paths: ["/a?q=%22b%22", "/\"]]"]))
        #expect(script.contains("local paths = {\"/a?q=%22b%22\",\n\"/\\034]]\"}\n"))
        #expect(script.contains("request = function()"))
        #expect(!LoadGenerator.script(for: .init(url: "http://h/")).contains("request = function()"))
    }

    @Test("a median is the middle one, or the mean of the middle two")
    func median() {
        #expect([3.0, 1, 2].median == 2)
        #expect([4.0, 1, 2, 3].median == 2.5)
        #expect([Double]().median == nil)
    }

    @Test("ratios are to the empty route of the same round, and the median is theirs")
    func httpTable() throws {
        func figure(_ requests: Int) -> LoadGenerator.Figure { .init(requests: requests, seconds: 1, p50: 1, p99: 2, max: 3, cores: 0.5) }
        let rows = [
            HTTPBench.Row(route: .empty, figures: [figure(100), figure(200), figure(300)], ratios: [1, 1, 1]),
            HTTPBench.Row(route: .ledger, figures: [figure(50), figure(20), figure(90)], ratios: [0.5, 0.1, 0.3]),
        ]
        let object = try JSONSerialization.jsonObject(with: Data(HTTPBench.table(rows).json.utf8)) as? [String: Any]
        let row = try #require((object?["rows"] as? [[String: Any]])?.last)
        #expect(row["route"] as? String == "ledger" && row["requests_per_s"] as? Int == 50)
        #expect(row["of_empty"] as? Double == 0.3 && row["p99_ms"] as? Double == 2)
        #expect(row["runs"] as? [Int] == [50, 20, 90])
    }

    @Test("a round of fairness is told in milliseconds, and the last row has the medians")
    func fairnessTable() throws {
        let rounds = [
            FairnessBench.Round(alone: 0.01, crowded: 0.02, floodRate: 1000), .init(alone: 0.01, crowded: 0.04, floodRate: 3000),
            .init(alone: 0.02, crowded: 0.02, floodRate: 2000),
        ]
        let object = try JSONSerialization.jsonObject(with: Data(FairnessBench.table(rounds).json.utf8)) as? [String: Any]
        let row = try #require((object?["rows"] as? [[String: Any]])?.last)
        #expect(row["run"] as? String == "median" && row["alone_ms"] as? Double == 10 && row["in_the_flood_ms"] as? Double == 20)
        #expect(row["ratio"] as? Double == 2 && row["flood_jobs_per_s"] as? Int == 2000)
    }
}
