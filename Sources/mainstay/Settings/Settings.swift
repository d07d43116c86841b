import Configuration
import Foundation
import Inference
import Jobs
import Logging
import Postgres
import Redis

/// The settings of this process: `MAINSTAY_*` variables over an optional YAML file over the defaults of
/// `SettingsReference`.
struct Settings: Sendable {
    private let reader: ConfigReader

    /// What is wrong with the settings: all of it at once, each with the name, what was found and what is wanted.
    struct Faults: Error, CustomStringConvertible {
        let faults: [String]
        var description: String { faults.joined(separator: "\n") }
    }

    init(reader: ConfigReader) {
        self.reader = reader
    }

    /// - Parameter file: a YAML file; nil for what `MAINSTAY_CONFIG` names, if anything.
    static func load(file: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment) async throws -> Settings {
        // An empty variable means "not set": that is how compose files and CI pass what they do not have.
        let given = environment.filter { !$0.value.isEmpty }
        let variables = EnvironmentVariablesProvider(environmentVariables: given).prefixKeys(with: "mainstay")
        guard let path = file ?? given["MAINSTAY_CONFIG"] else { return Settings(reader: ConfigReader(provider: variables)) }
        let place = ConfigReader(provider: InMemoryProvider(values: ["filePath": .init(stringLiteral: path)]))
        do {
            return Settings(reader: ConfigReader(providers: [variables, try await FileProvider<YAMLSnapshot>(config: place)]))
        } catch {
            throw Faults(faults: ["the configuration file \(path) cannot be read: \(error). Name another one with --config or MAINSTAY_CONFIG."])
        }
    }

    /// The value as text, or the default of the reference.
    func text(_ key: String) -> String? {
        let description = SettingsReference.description(of: key)
        precondition(description != nil, "\(key) is missing in SettingsReference")
        return reader.string(forKey: ConfigKey(key), isSecret: description?.isSecret ?? false) ?? description?.standard
    }

    /// A member of something that the settings themselves name, such as `provider.NAME.url`: it has no default and no row in the reference.
    func text(ofNamed key: String, isSecret: Bool = false) -> String? {
        reader.string(forKey: ConfigKey(key), isSecret: isSecret)
    }

    /// The entries of a list: a sequence in a YAML file, or one text with commas between them. None without the setting.
    func list(_ key: String) -> [String] {
        let description = SettingsReference.description(of: key)
        precondition(description != nil, "\(key) is missing in SettingsReference")
        if let entries = reader.stringArray(forKey: ConfigKey(key), isSecret: description?.isSecret ?? false) { return entries }
        return text(key)?.split(separator: ",").map(String.init) ?? []
    }

    func required(_ key: String, for command: String) throws -> String {
        if let text = text(key) { return text }
        let variable = SettingsReference.description(of: key)?.variable ?? key
        throw Faults(faults: [
            "\(variable) is not set, and `mainstay \(command)` needs it. Stacks started by ops/up write it to .mainstay/env: `set -a; . .mainstay/env`."
        ])
    }

    func number(_ key: String, in range: ClosedRange<Int>) throws -> Int {
        let found = text(key) ?? ""
        guard let number = Int(found), range.contains(number) else {
            let variable = SettingsReference.description(of: key)?.variable ?? key
            throw Faults(faults: ["\(variable) is \"\(found)\"; wanted is a whole number from \(range.lowerBound) to \(range.upperBound)."])
        }
        return number
    }

    func flag(_ key: String) throws -> Bool {
        switch text(key) ?? "false" {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        case let found:
            throw Faults(faults: ["\(SettingsReference.description(of: key)?.variable ?? key) is \"\(found)\"; wanted is true or false."])
        }
    }
}

extension Settings {
    func postgres(_ key: String = "database.url", for command: String) throws -> PostgresConfiguration {
        var configuration = try PostgresConfiguration(url: try required(key, for: command))
        configuration.applicationName = "mainstay \(command)"
        configuration.pooler = try flag("database.pooler")
        return configuration
    }

    func redis(_ key: String = "redis.url", for command: String) throws -> RedisConfiguration {
        try RedisConfiguration(url: try required(key, for: command))
    }

    func runLog(for command: String) throws -> RedisConfiguration {
        try RedisConfiguration(url: try text("run.log.url") ?? required("redis.url", for: command))
    }

    func jobs() throws -> JobsConfiguration {
        var jobs = JobsConfiguration()
        var faults: [String] = []
        func read(_ key: String, _ range: ClosedRange<Int>, _ use: (Int) -> Void) {
            do {
                use(try number(key, in: range))
            } catch {
                faults.append("\(error)")
            }
        }
        read("partitions", 1...256) { jobs.partitions = $0 }
        read("window", 1...10_000_000) { jobs.window = $0 }
        read("burst", 0...1_000_000) { jobs.burst = $0 }
        read("backlog.bound", 1...1_000_000_000) { jobs.backlogBound = $0 }
        // Where there is one workspace, nobody is to be protected from it.
        if try !flag("multi.user") { jobs.workspaceBacklogBound = jobs.backlogBound }
        if text("backlog.workspace.bound") != nil { read("backlog.workspace.bound", 1...1_000_000_000) { jobs.workspaceBacklogBound = $0 } }
        read("batch.size", 1...1000) { jobs.batchSize = $0 }
        read("batch.concurrency", 1...64) { jobs.batchConcurrency = $0 }
        read("run.concurrency", 1...100_000) { jobs.runConcurrency = $0 }
        read("lease.seconds", 1...3600) { jobs.lease = .seconds($0) }
        read("drain.seconds", 0...3600) { jobs.drainBudget = .seconds($0) }
        read("retention.days", 0...36_500) { jobs.retention = .seconds($0 * 86_400) }
        guard faults.isEmpty else { throw Faults(faults: faults) }
        return jobs
    }

    /// What signs the sessions of operators' pages; nil for a key that ends with the process.
    func operationsKey() throws -> String? {
        guard let key = text("operations.key") else { return nil }
        guard key.count >= 32 else {
            throw Faults(faults: [
                "MAINSTAY_OPERATIONS_KEY has \(key.count) characters; wanted are 32 or more, such as `openssl rand -hex 32` prints."
            ])
        }
        return key
    }

    func logLevel() throws -> Logger.Level {
        let found = text("log.level") ?? "info"
        guard let level = Logger.Level(rawValue: found) else {
            throw Faults(faults: [
                "MAINSTAY_LOG_LEVEL is \"\(found)\"; wanted is one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))."
            ])
        }
        return level
    }
}
