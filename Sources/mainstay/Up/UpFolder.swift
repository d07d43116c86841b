import Foundation
import LocalStack

/// The folder of a stack that `mainstay up` keeps: `.mainstay` beside the sources.
///
/// | path | what |
/// |---|---|
/// | `env` | the variables that commands need, mode 600 |
/// | `run/*.pid` | process ids: `up`, `serve`, `work-1` …, and those of the servers |
/// | `run/ready` | there once the ingress is ready: the metrics pages of the workers, one a line |
/// | `log/*.log` | what all of them say |
/// | `redis/` `run-log/` `postgres/` `state.json` | the private servers, see `StackFolder` |
struct UpFolder: Sendable {
    /// Absolute, symbolic links resolved: this text is looked for in command lines.
    let path: String

    /// Makes the folders where they are missing.
    /// - Throws: `UpFault` with the system's reason.
    init(_ path: String) throws {
        let wanted = URL(fileURLWithPath: path).standardizedFileURL.path
        for folder in ["run", "log"] { try Self.makeFolder("\(wanted)/\(folder)") }
        guard let resolved = realpath(wanted, nil) else { throw UpFault.unusable(wanted, String(cString: strerror(errno))) }
        defer { free(resolved) }
        self.path = String(cString: resolved)
    }

    var environmentFile: String { "\(path)/env" }
    var readyFile: String { "\(path)/run/ready" }
    func log(_ name: String) -> String { "\(path)/log/\(name).log" }
    func pidFile(_ name: String) -> String { "\(path)/run/\(name).pid" }

    /// What tells our processes from a stranger that got an id of theirs: the folder, as an argument of their command lines. The
    /// blank at its end keeps `/a/b` apart from `/a/b2`.
    var mark: String { "\(path) " }

    // MARK: Processes

    func publish(pid: Int32, of name: String) throws {
        try WholeFile.put("\(pid)\n", at: pidFile(name))
    }

    func removePid(of name: String) {
        try? FileManager.default.removeItem(atPath: pidFile(name))
    }

    /// Nil when no such process of ours runs.
    func running(_ name: String) -> RunningProcess? {
        guard let text = try? String(contentsOfFile: pidFile(name), encoding: .utf8),
            let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return nil }
        return RunningProcess(pid: pid, mark: mark)
    }

    // MARK: Being ready

    var isReady: Bool { FileManager.default.fileExists(atPath: readyFile) }

    /// - Parameter pages: where the workers tell their metrics.
    func publishReady(_ pages: [String]) throws {
        try WholeFile.put(pages.map { $0 + "\n" }.joined(), at: readyFile)
    }

    func removeReady() {
        try? FileManager.default.removeItem(atPath: readyFile)
    }

    /// What `publishReady` was given.
    var metricsPages: [String] {
        ((try? String(contentsOfFile: readyFile, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    // MARK: Variables

    /// The variables of `env`.
    func environment() -> [String: String] {
        guard let text = try? String(contentsOfFile: environmentFile, encoding: .utf8) else { return [:] }
        var variables: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { variables[String(parts[0])] = parts[1].trimmingCharacters(in: CharacterSet(charactersIn: "'")) }
        }
        return variables
    }

    /// Writes `env` for shells (`set -a; . .mainstay/env`), readable by its owner only from its first byte on.
    func publish(environment: [(String, String)]) throws {
        let text = "# Made by `mainstay up`. It holds secrets.\n" + environment.map { "\($0.0)='\($0.1)'\n" }.joined()
        try WholeFile.put(text, at: environmentFile, mode: 0o600)
    }

    /// Makes a folder and those above it, by the system's own call: its reason is what there is to tell.
    private static func makeFolder(_ path: String) throws {
        var made = ""
        for name in path.split(separator: "/") {
            made += "/\(name)"
            if mkdir(made, 0o755) == 0 { continue }
            let reason = String(cString: strerror(errno))
            guard FileManager.default.fileExists(atPath: made) else { throw UpFault.unusable(made, reason) }
        }
    }
}
