import Foundation
import Inference
import Testing
import Workspaces

@testable import mainstay

@Suite struct DoctorTests {
    private let safe = RedisFacts(
        version: "7.0.15",
        settings: ["maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "always", "hash-max-listpack-entries": "32"])

    @Test("a Redis as the queues want it is good; one setting at a time makes it unsafe, and the remedy names the value")
    func queues() {
        #expect(Finding.queues(safe).allSatisfy { $0.verdict == .good && $0.remedy == nil })
        for (name, value) in [
            ("maxmemory-policy", "allkeys-lru"), ("appendonly", "no"), ("appendfsync", "everysec"), ("hash-max-listpack-entries", "512"),
        ] {
            var facts = safe
            facts.settings[name] = value
            let bad = Finding.queues(facts).filter { $0.verdict != .good }
            #expect(bad.map(\.what) == [name])
            #expect(bad.first?.found == value && bad.first?.remedy?.contains("set it to") == true)
        }
    }

    @Test("what a Redis does not tell is not safe")
    func silent() {
        let findings = Finding.queues(RedisFacts())
        let sync = findings.first { $0.what == "appendfsync" }
        #expect(sync?.found == "not told" && sync?.remedy?.contains("make sure that it is always") == true)
        #expect(findings.allSatisfy { $0.verdict != .good })
    }

    @Test("the run logs' Redis needs no log of its own")
    func runLog() {
        let facts = RedisFacts(version: "7.2.4", settings: ["maxmemory-policy": "noeviction", "appendonly": "no"])
        #expect(Finding.runLog(facts).allSatisfy { $0.verdict == .good })
        #expect(Finding.runLog(RedisFacts(version: "6.2.0", settings: facts.settings)).map(\.verdict) == [.unsafe, .good])
    }

    @Test("the doctor names the product, and how its servers stand together")
    func topology() {
        var facts = safe
        #expect(Finding.queues(facts).first?.found == "Redis 7.0.15")
        (facts.product, facts.version) = ("Valkey", "9.1.2")
        facts.isCluster = false
        facts.nodes = [.init(address: "a:1", replicas: 0)]
        #expect(Finding.queues(facts).first?.found == "Valkey 9.1.2")
        #expect(Finding.queues(facts).contains(Finding("redis servers", "one, no replica", .good)))
        facts.nodes[0].replicas = 1
        facts.settings["min-replicas-to-write"] = "1"
        #expect(Finding.queues(facts).contains(Finding("redis servers", "one, 1 replica", .good)))
        #expect(Finding.queues(facts).allSatisfy { $0.verdict == .good })
    }

    @Test("a cluster is safe with a replica for each primary, spoken to as a cluster; each fault of it is named with its remedy")
    func cluster() {
        var good = safe
        (good.isCluster, good.isSpokenToAsCluster, good.clusterState) = (true, true, "ok")
        good.nodes = [.init(address: "a:1", replicas: 1), .init(address: "b:1", replicas: 1), .init(address: "c:1", replicas: 1)]
        good.settings.merge(["cluster-require-full-coverage": "no", "min-replicas-to-write": "1"]) { $1 }
        #expect(Finding.queues(good).allSatisfy { $0.verdict == .good })
        #expect(Finding.queues(good).contains { $0.found == "a cluster of 3 primaries, 3 replicas" })

        let faults: [(change: (inout RedisFacts) -> Void, what: String, verdict: Finding.Verdict, remedy: String)] = [
            ({ $0.isSpokenToAsCluster = false }, "redis servers", .broken, "?cluster=true"),
            ({ $0.clusterState = "fail" }, "redis servers", .broken, "redis-cli --cluster check"),
            ({ $0.nodes[1].replicas = 0 }, "redis servers", .unsafe, "partitions of b:1 stand still"),
            ({ $0.settings["cluster-require-full-coverage"] = "yes" }, "cluster-require-full-coverage", .unsafe, "set it to no"),
            ({ $0.settings["min-replicas-to-write"] = "0" }, "min-replicas-to-write", .unsafe, "set it to 1"),
            ({ $0.settings["min-replicas-to-write"] = nil }, "min-replicas-to-write", .unsafe, "set it to 1"),
            ({ $0.settings["appendfsync"] = "always, everysec" }, "appendfsync", .unsafe, "set it to always"),
        ]
        for (change, what, verdict, remedy) in faults {
            var facts = good
            change(&facts)
            let bad = Finding.queues(facts).filter { $0.verdict != .good }
            #expect(bad.map(\.what) == [what] && bad.first?.verdict == verdict && bad.first?.remedy?.contains(remedy) == true, "\(bad)")
        }
        good.isSpokenToAsCluster = false
        #expect(StartCheck.faults(of: good).first?.contains("?cluster=true") == true)
    }

    @Test("servers of a cluster that differ are told as they differ, and what one keeps to itself is not told")
    func merged() {
        let facts = RedisFacts(merging: [
            RedisFacts(version: "7.2.4", settings: ["appendfsync": "always", "appendonly": "yes", "maxmemory-policy": "noeviction"]),
            RedisFacts(version: "7.10.0", settings: ["appendfsync": "everysec", "appendonly": "yes"]),
            RedisFacts(version: "7.0.15", settings: ["appendfsync": "always", "appendonly": "yes", "maxmemory-policy": "noeviction"]),
        ])
        #expect(facts.version == "7.0.15")
        #expect(facts.settings == ["appendfsync": "always, everysec", "appendonly": "yes"])
        #expect(RedisFacts(merging: []) == RedisFacts())
    }

    @Test("secrets whose key is not here are found, and the remedy names the key")
    func secrets() throws {
        let keys = try SealingKeys("a:\(Data(repeating: 1, count: 32).base64EncodedString())")
        #expect(Finding.secrets([:], keys: .none).verdict == .good && Finding.secrets([:], keys: keys).verdict == .good)
        #expect(Finding.secrets(["a": 3], keys: keys) == Finding("secrets of workspaces", "3, all of which open", .good))
        let unset = Finding.secrets(["a": 3, "b": 1], keys: .none)
        #expect(unset.verdict == .broken && unset.found.contains("4, and MAINSTAY_CREDENTIALS_KEYS is not set"))
        #expect(unset.remedy?.hasSuffix("with the keys a, b") == true)
        let other = Finding.secrets(["a": 3, "b": 1], keys: keys)
        #expect(other.verdict == .broken && other.found.hasPrefix("1 of 4") && other.remedy?.hasSuffix("the key b") == true)
    }

    @Test("checkpoints that are not signed, or with keys that are not here, are found; old ones from before the first key are no fault")
    func checkpoints() throws {
        let keys = try AccessLogKeys("a:\(String(repeating: "k", count: 32))")
        #expect(Finding.checkpoints([:], keys: .none).verdict == .good && Finding.checkpoints([:], keys: keys).verdict == .good)
        #expect(Finding.checkpoints([nil: 2, "a": 3], keys: keys) == Finding("access log", "5 checkpoints, 3 of them signed", .good))
        let unsigned = Finding.checkpoints([nil: 2], keys: .none)
        #expect(unsigned.verdict == .unsafe && unsigned.remedy?.contains("MAINSTAY_AUDIT_KEY") == true)
        let unset = Finding.checkpoints([nil: 2, "a": 3, "b": 1], keys: .none)
        #expect(unset.verdict == .unsafe && unset.found == "4 of 6 checkpoints are signed, and MAINSTAY_AUDIT_KEY is not set")
        #expect(unset.remedy?.hasSuffix("with the keys a, b") == true)
        let other = Finding.checkpoints(["a": 3, "b": 1], keys: keys)
        #expect(other.verdict == .unsafe && other.found.hasPrefix("1 of 4") && other.remedy?.hasSuffix("the key b") == true)
    }

    @Test("plugins that cannot be judged are told of, which is no fault")
    func plugins() {
        let notice = Finding.plugins(3, core: nil)
        #expect(notice.verdict == .notice && !notice.isFault && notice.found == "3 in the registry, and MAINSTAY_CORE_VERSION is not set")
        #expect(notice.remedy?.contains("MAINSTAY_CORE_VERSION") == true)
        #expect(Finding.plugins(0, core: nil).verdict == .good)
        #expect(Finding.plugins(1, core: SemanticVersion("1.6.2")) == Finding("plugins", "1 in the registry, judged by core 1.6.2", .good))
        #expect([Finding("a", "b", .unsafe), Finding("a", "b", .broken)].allSatisfy(\.isFault) && !Finding("a", "b", .good).isFault)
    }

    @Test("the version of the core is none where it is empty, as containers have it; what is no version is refused")
    func core() async throws {
        for (text, version) in [("", nil), ("1.6.2", "1.6.2")] as [(String, String?)] {
            let found = try await Settings.load(environment: ["MAINSTAY_CORE_VERSION": text]).coreVersion()
            #expect(found?.description == version, "\(text)")
        }
        let settings = try await Settings.load(environment: ["MAINSTAY_CORE_VERSION": "latest"])
        #expect(throws: Settings.Faults.self) { try settings.coreVersion() }
    }

    @Test("a database without a single table is not good, and one table without protection is not either")
    func tables() {
        #expect(Finding.rowLevelSecurity(tables: 0, bare: 0).verdict == .broken)
        #expect(Finding.rowLevelSecurity(tables: 12, bare: 1).verdict == .unsafe)
        #expect(Finding.rowLevelSecurity(tables: 12, bare: 0) == Finding("row-level security", "forced on every tenant table", .good))
    }
}

@Suite struct StartCheckTests {
    @Test("a Redis that throws jobs away keeps a process from starting; one that syncs too rarely, or says nothing, is warned of")
    func redis() {
        let safe = RedisFacts(settings: ["maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "always"])
        #expect(StartCheck.faults(of: safe).isEmpty && StartCheck.warnings(of: safe).isEmpty)
        let unsafe = RedisFacts(settings: ["maxmemory-policy": "allkeys-lru", "appendonly": "no", "appendfsync": "everysec"])
        #expect(StartCheck.faults(of: unsafe).count == 2)
        #expect(StartCheck.warnings(of: unsafe).first?.contains("appendfsync is everysec") == true)
        #expect(StartCheck.faults(of: RedisFacts()).isEmpty && StartCheck.warnings(of: RedisFacts()).count == 1)
    }

    @Test("pending are the files that a database has not run; more than are shipped is no fault")
    func migrations() {
        let shipped = [(number: 1, file: "0001_a.sql"), (number: 2, file: "0002_b.sql"), (number: 4, file: "0004_c.sql")]
        #expect(PendingMigrations(shipped: shipped, applied: [1, 2, 4, 5]).fault == nil)
        let late = PendingMigrations(shipped: shipped, applied: [1])
        #expect(late.files == ["0002_b.sql", "0004_c.sql"])
        #expect(late.fault == "migrations are pending (0002_b.sql, 0004_c.sql): run `mainstay migrate`.")
        #expect(PendingMigrations(shipped: shipped, applied: []).fault == "the database is not migrated: run `mainstay migrate`.")
        #expect(Finding.migrations(late).verdict == .broken)
    }
}

@Suite struct QueueReportTests {
    @Test("the report knows a queue for the kinds of every queue")
    func kinds() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let report = try String(contentsOf: root.appendingPathComponent("sql/reports/queue-health.sql"), encoding: .utf8)
        for queue in Features.queues { #expect(report.contains("', '\(queue)')"), "\(queue)") }
    }
}
