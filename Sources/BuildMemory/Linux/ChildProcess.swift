#if os(Linux)
@preconcurrency import Glibc

/// A program that was started: with the same files, environment, directory and process group as this one.
///
/// The same group, so that what a terminal sends (Ctrl-C, Ctrl-Z, a change of its size) reaches the command directly.
struct ChildProcess: Sendable {
    let pid: pid_t

    /// What came of it.
    struct Ending: Sendable, Equatable {
        /// The exit code, or 128 + signal.
        var code: Int32
        /// The signal that killed it.
        var signal: Int32?
        /// Milliseconds of processor time, with all that it waited for.
        var cpu: Int
        /// Bytes: the largest resident set among it and all that it waited for; nil when the kernel's figure is not its own.
        var largestProcess: Int?
    }

    /// Where the output goes when it is not this process's own.
    struct Redirection {
        var standardOutput: Int32
    }

    /// Starts a program, looked for as a shell does.
    /// - Parameter redirection: nil hands all three standard files on untouched; otherwise input and errors are `/dev/null`.
    static func spawn(_ arguments: [String], redirection: Redirection? = nil) throws(ProfileError) -> ChildProcess {
        guard let program = arguments.first, !program.isEmpty else { throw ProfileError(.notFound, "no command was given") }
        if arguments.contains(where: { $0.utf8.contains(0) }) {
            throw ProfileError(.notExecutable, "an argument of the command holds a NUL character")
        }
        var result = start(program, arguments, redirection)
        if case .failure(let code) = result, code == ENOEXEC, let path = path(of: program) {
            // A script without its first line: execvp(3) and every shell give it to sh.
            result = start("/bin/sh", ["sh", path] + arguments.dropFirst(), redirection)
        }
        switch result {
        case .started(let pid): return ChildProcess(pid: pid)
        case .failure(let code):
            let kind: ProfileError.Code = code == ENOENT || code == ENOTDIR ? .notFound : .notExecutable
            throw ProfileError(kind, "\(program): \(kind == .notFound && !program.contains("/") ? "command not found" : LinuxCalls.reason(code))")
        }
    }

    /// Blocks until the program has ended, and leaves it to be reaped: until then its pid is nobody else's.
    func waitUntilEnded() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }

    /// Takes the ended program's status; nil when somebody else has taken it or, with `blocking` false, when it still runs.
    func reap(blocking: Bool = true) -> Ending? {
        var status: Int32 = 0
        var usage = rusage()
        var result: pid_t
        repeat { result = wait4(pid, &status, blocking ? 0 : WNOHANG, &usage) } while result < 0 && errno == EINTR
        guard result == pid else { return nil }
        let signal = status & 0x7f
        let microseconds: Int = Int(usage.ru_utime.tv_usec) + Int(usage.ru_stime.tv_usec)
        let seconds: Int = Int(usage.ru_utime.tv_sec) + Int(usage.ru_stime.tv_sec)
        return Ending(
            code: signal == 0 ? (status >> 8) & 0xff : 128 + signal, signal: signal == 0 ? nil : signal,
            cpu: seconds * 1_000 + microseconds / 1_000, largestProcess: Self.largest(usage))
    }

    /// The kernel counts what a process held **before** it became another program, too, so the child of a large process seems
    /// large: a figure that does not exceed this process's own says nothing about the command.
    private static func largest(_ usage: rusage) -> Int? {
        var own = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own) == 0, usage.ru_maxrss > own.ru_maxrss else { return nil }
        return Int(usage.ru_maxrss) * 1_024
    }

    private enum Start {
        case started(pid_t)
        case failure(Int32)
    }

    private static func start(_ program: String, _ arguments: [String], _ redirection: Redirection?) -> Start {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The threads of this process block signals or not as suits its runtime; a command begins with none blocked, and with
        // the broken-pipe signal that a networking library may have switched off here.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let redirection {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, redirection.standardOutput, 1)
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        }

        let copies: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { copies.forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, program, &actions, &attributes, copies, environ)
        return code == 0 ? .started(pid) : .failure(code)
    }

    private static func path(of program: String) -> String? {
        if program.contains("/") { return program }
        let folders = getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin"
        return folders.split(separator: ":").lazy.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
#endif
