#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The one place that makes child processes.
///
/// Foundation's `Process` is not used: it notices a child's end by a socket that the child's own children inherit, so it
/// waits for a daemon that was started by a finished child; and it hands on descriptors that a server must not hold (a
/// listening socket of ours would stay open for as long as PostgreSQL runs).
package enum Spawn {
    /// Starts `words` (the first is the program's path) with working directory `/`, an empty signal mask and default
    /// signal handling, and no descriptor of ours but the three given.
    ///
    /// - Parameters:
    ///   - newSession: detach from the terminal and from our process group, so that a Ctrl-C meant for us does not stop the
    ///     child before we are done with it.
    ///   - newGroup: a process group of its own, whose id is the child's: with its descendants it is ended by one signal.
    /// - Returns: the child's id. The caller waits for it (`waitpid`), or leaves it to run and be adopted.
    /// - Throws: `LocalStackError.commandFailed` with the system's reason.
    package static func start(
        _ words: [String], environment: [String: String], input: Int32, output: Int32, errors: Int32, newSession: Bool = false,
        newGroup: Bool = false
    ) throws -> Int32 {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        let sessionFlag: Int32 = 0x0400  // POSIX_SPAWN_SETSID, which the C importer does not show
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        let sessionFlag: Int32 = 0x80
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (ours, theirs) in [(input, 0), (output, 1), (errors, 2)] as [(Int32, Int32)] {
            posix_spawn_file_actions_adddup2(&actions, ours, theirs)
        }
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        #if canImport(Darwin)
        flags |= Int32(POSIX_SPAWN_CLOEXEC_DEFAULT)
        #else
        // Closing a number that is not open is allowed here, so descriptors that other threads open meanwhile are covered too.
        for descriptor in 3..<(highestDescriptor() + 256) {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        #endif
        if newSession { flags |= sessionFlag }
        // A session brings its group with it.
        if newGroup && !newSession { flags |= Int32(POSIX_SPAWN_SETPGROUP) }
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)

        // A shell sets the working directory: the spawn call that does is not offered by every C library we build with.
        // (A server's user may not be able to enter our own working directory, and `/` is no folder one wants to unmount.)
        let shell = ["/bin/sh", "-c", "cd / && exec \"$@\"", "sh"] + words
        var child: pid_t = 0
        let status = withCStrings(shell) { arguments in
            withCStrings(environment.map { "\($0)=\($1)" }.sorted()) { variables in
                posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments, variables)
            }
        }
        guard status == 0 else {
            throw LocalStackError(.commandFailed, "cannot run \(words.first ?? "a program"): \(String(cString: strerror(status)))")
        }
        return child
    }

    private static func highestDescriptor() -> Int32 {
        guard let folder = opendir("/proc/self/fd") else { return 1024 }
        defer { closedir(folder) }
        var highest: Int32 = 3
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            highest = max(highest, Int32(name) ?? 0)
        }
        return highest
    }

    private static func withCStrings<R>(_ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
        (pointers + strings.count).initialize(to: nil)
        defer {
            for index in strings.indices { free(pointers[index]) }
            pointers.deallocate()
        }
        return body(UnsafePointer(pointers))
    }
}
