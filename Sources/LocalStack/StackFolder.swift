#if canImport(Darwin)
import Darwin
import Foundation
#else
import FoundationEssentials
import Glibc
#endif

/// The one folder that holds a stack, and the only place that names what lies in it.
///
/// ```
/// state.json     passwords and ports, mode 600
/// lock           held while a stack is started or stopped
/// run/*.pid      ids of the servers, for people and scripts
/// log/*.log      what the servers say
/// redis/  run-log/  postgres/     belong to the servers' user
/// ```
struct StackFolder: Sendable {
    /// Absolute, symbolic links resolved: this text is looked for in command lines.
    let path: String

    /// Makes the folder if it is missing.
    init(creating path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Self.unusable(path, "\(error)")
        }
        try self.init(existing: path)
    }

    /// - Throws: `unusableFolder` when there is no such folder.
    init(existing path: String) throws {
        guard let resolved = realpath(path, nil) else { throw Self.unusable(path, String(cString: strerror(errno))) }
        defer { free(resolved) }
        self.path = String(cString: resolved)
        guard !self.path.contains("\n") else { throw Self.unusable(path, "its name contains a line break") }
    }

    var state: String { "\(path)/state.json" }
    var lock: String { "\(path)/lock" }
    func home(of server: Server) -> String { "\(path)/\(server.rawValue)" }
    func log(of server: Server) -> String { "\(path)/log/\(server.rawValue).log" }
    func pidFile(of server: Server) -> String { "\(path)/run/\(server.rawValue).pid" }

    /// Makes the folders within. What a server writes into belongs to `account` and is closed to everyone else.
    func prepare(for account: Account) throws {
        for name in ["run", "log"] { try makeFolder("\(path)/\(name)", mode: 0o755) }
        for server in Server.allCases {
            try makeFolder(home(of: server), mode: 0o700)
            try account.own(home(of: server))
        }
    }

    /// Writes a file that only its owner can read, whole or not at all.
    func write(_ text: String, to file: String, owner: Account? = nil) throws {
        let fresh = "\(file).new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.unusable(fresh, String(cString: strerror(errno))) }
        let bytes = Array(text.utf8)
        let written = Glue.write(descriptor, bytes, bytes.count)
        let reason = String(cString: strerror(errno))
        let synced = fsync(descriptor)
        close(descriptor)
        guard written == bytes.count, synced == 0 else { throw Self.unusable(fresh, reason) }
        try owner?.own(fresh)
        guard rename(fresh, file) == 0 else { throw Self.unusable(file, String(cString: strerror(errno))) }
    }

    func read(_ file: String) -> String? {
        FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes down the id of a server's process. Anyone may read it.
    func publish(_ pid: Int32, of server: Server) throws {
        try write("\(pid)\n", to: pidFile(of: server))
        chmod(pidFile(of: server), 0o644)
    }

    /// Takes back what `publish` wrote.
    func retract(_ server: Server) {
        unlink(pidFile(of: server))
    }

    /// Removes what a stack puts here, and the folder itself if nothing else is in it.
    func remove() throws {
        let files = FileManager.default
        let ours = Server.allCases.flatMap { [home(of: $0), log(of: $0), pidFile(of: $0)] } + [state, lock]
        for item in ours where files.fileExists(atPath: item) {
            do { try files.removeItem(atPath: item) } catch { throw Self.unusable(item, "\(error)") }
        }
        // These fail when others keep something there, and that is right.
        for folder in ["\(path)/run", "\(path)/log", path] { rmdir(folder) }
    }

    private func makeFolder(_ path: String, mode: mode_t) throws {
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw Self.unusable(path, String(cString: strerror(errno))) }
    }

    static func unusable(_ path: String, _ reason: String) -> LocalStackError {
        LocalStackError(.unusableFolder, "cannot use \(path): \(reason)", remedy: Diagnosis.remedy(for: reason))
    }
}

/// The C call that a method of the same name hides.
private enum Glue {
    static func write(_ descriptor: Int32, _ bytes: [UInt8], _ count: Int) -> Int {
        #if canImport(Darwin)
        Darwin.write(descriptor, bytes, count)
        #else
        Glibc.write(descriptor, bytes, count)
        #endif
    }
}
