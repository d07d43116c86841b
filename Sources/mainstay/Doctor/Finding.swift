/// One thing that the doctor looked at.
struct Finding: Sendable, Equatable {
    enum Verdict: String, Sendable {
        case good
        /// Nothing is wrong, and something is left undone that might be wanted.
        case notice
        case unsafe
        case broken
    }

    let what: String
    let found: String
    let verdict: Verdict
    /// Nil where nothing is to be done.
    let remedy: String?

    init(_ what: String, _ found: String, _ verdict: Verdict, _ remedy: String? = nil) {
        self.what = what
        self.found = found
        self.verdict = verdict
        self.remedy = verdict == .good ? nil : remedy
    }

    /// Whether something is wrong.
    var isFault: Bool { verdict == .unsafe || verdict == .broken }
}

// MARK: Rules

extension Finding {
    /// What a setting of a Redis must be; one that is not told is not safe.
    ///
    /// - Parameters:
    ///   - place: goes before the setting's name where it is not the queues' Redis.
    ///   - reason: what happens otherwise.
    static func setting(_ name: String, _ wanted: String, of facts: RedisFacts, _ reason: String, place: String = "") -> Finding {
        guard let found = facts.settings[name] else {
            return Finding(place + name, "not told", .unsafe, "this Redis forbids CONFIG GET: make sure that it is \(wanted): \(reason)")
        }
        return Finding(place + name, found, found == wanted ? .good : .unsafe, "set it to \(wanted): \(reason)")
    }

    static func version(of facts: RedisFacts, _ what: String) -> Finding {
        let major = Int((facts.version ?? "").prefix { $0 != "." }) ?? 0
        return Finding(
            what, facts.version.map { "\(facts.product) \($0)" } ?? "version not told", major >= 7 ? .good : .unsafe,
            "use Redis 7.0 or Valkey 7.2, or later: the scripts need it")
    }

    /// The Redis of the queues.
    static func queues(_ facts: RedisFacts) -> [Finding] {
        let entries = Int(facts.settings["hash-max-listpack-entries"] ?? "") ?? 512
        return [
            version(of: facts, "redis"),
            setting("maxmemory-policy", "noeviction", of: facts, "an evicted queue is a lost queue"),
            setting("appendonly", "yes", of: facts, "without it a restart loses accepted stream jobs"),
            setting("appendfsync", "always", of: facts, "under everysec a kill loses acknowledged jobs"),
            Finding(
                "hash-max-listpack-entries", "\(entries)", entries <= 64 ? .good : .unsafe,
                "set it to 32: counters over many workspaces scan a long list without it"),
        ] + topology(of: facts, "redis", variable: "MAINSTAY_REDIS_URL") + replication(of: facts)
    }

    /// The Redis of the run logs, where it is one of its own: it needs no log on disk.
    static func runLog(_ facts: RedisFacts) -> [Finding] {
        [
            version(of: facts, "run log"),
            setting("maxmemory-policy", "noeviction", of: facts, "an evicted log cuts a run's stream off", place: "run log "),
        ] + topology(of: facts, "run log", variable: "MAINSTAY_RUN_LOG_URL")
    }

    static func migrations(_ pending: PendingMigrations) -> Finding {
        pending.files.isEmpty
            ? Finding("migrations", "all \(pending.shipped) run", .good)
            : Finding("migrations", "pending: \(pending.files.joined(separator: ", "))", .broken, "run `mainstay migrate`")
    }

    /// - Parameters:
    ///   - tables: those that hold rows of tenants; a database without any protects nothing.
    ///   - bare: of them, those without forced row-level security.
    static func rowLevelSecurity(tables: Int, bare: Int) -> Finding {
        if tables == 0 { return Finding("row-level security", "there is no tenant table", .broken, "run `mainstay migrate`") }
        if bare > 0 { return Finding("row-level security", "missing on \(bare) tables", .unsafe, "run `mainstay migrate`") }
        return Finding("row-level security", "forced on every tenant table", .good)
    }
}
