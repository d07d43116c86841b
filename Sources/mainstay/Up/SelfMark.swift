import Foundation

/// Puts a stack's folder into this process's own command line, by which it is found again: `mainstay up` alone does not name it.
enum SelfMark {
    /// Returns when the command line holds `mark` already; otherwise this process begins anew with `words`, and keeps its id.
    /// - Throws: `UpFault` when the system refuses.
    static func ensure(_ mark: String, words: [String]) throws {
        guard !CommandLine.arguments.map({ $0 + " " }).joined().contains(mark), let program = words.first else { return }
        // This may be a thread that blocks signals, and a program inherits that from the thread that starts it.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        var arguments: [UnsafeMutablePointer<CChar>?] = []
        for word in words { arguments.append(strdup(word)) }
        arguments.append(nil)
        execv(program, arguments)
        let reason = String(cString: strerror(errno))
        for argument in arguments { free(argument) }
        throw UpFault("cannot run \(program): \(reason)")
    }
}
