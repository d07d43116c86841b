import Foundation
import LocalStack

/// The folder of a stack that `mainstay up` keeps: `.mainstay` beside the sources.
///
/// | path | what |
/// |---|---|
/// | `env` | the variables that commands need, mode 600 |
/// | `run/*.pid` | process ids: `up`, `serve`, `work-1` …, and those of the servers |
/// | `log/*.log` | what all of them say |
/// | `redis/` `run-log/` `postgres/` `state.json` | the private servers, see `StackFolder` |
struct UpFolder: Sendable {
    let path: String

    init(_ path: String) throws {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
        for folder in ["run", "log"] {
            try FileManager.default.createDirectory(atPath: "\(self.path)/\(folder)", withIntermediateDirectories: true)
        }
    }

    var environmentFile: String { "\(path)/env" }
    var readyFile: String { "\(path)/run/ready" }
    func log(_ name: String) -> String { "\(path)/log/\(name).log" }
    func pidFile(_ name: String) -> String { "\(path)/run/\(name).pid" }

    func write(pid: Int32, of name: String) throws {
        try "\(pid)\n".write(toFile: pidFile(name), atomically: true, encoding: .utf8)
    }

    func removePid(of name: String) {
        try? FileManager.default.removeItem(atPath: pidFile(name))
    }

    /// Nil when no such process of ours runs: an id may belong to a stranger by now, whose command line is another.
    func running(_ name: String) -> RunningProcess? {
        guard let text = try? String(contentsOfFile: pidFile(name), encoding: .utf8),
            let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return nil }
        return RunningProcess(pid: pid, mark: "mainstay")
    }

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
    func write(environment: [(String, String)]) throws {
        let text = "# Made by `mainstay up`. It holds secrets.\n" + environment.map { "\($0.0)='\($0.1)'\n" }.joined()
        try? FileManager.default.removeItem(atPath: environmentFile)
        guard FileManager.default.createFile(atPath: environmentFile, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]) else {
            throw UpFault("cannot write \(environmentFile): is the disk full, or the folder another user's?")
        }
    }
}

/// What keeps `up` from coming up, with what to do.
struct UpFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
