#if os(Linux)
import Synchronization

import Glibc

/// Hands signals that are meant for the command on to it.
///
/// Whoever stops a build sends the signal to the process that it started, which is this one: a CI runner at its time limit, a
/// service manager. What a terminal sends goes to the whole process group and reaches the command by itself; handing it on too
/// would deliver it twice, and many tools take a second interrupt for "at once". The kernel says which of the two it was.
///
/// A process has one set of handlers, so there is one forwarding at a time.
struct SignalForwarding {
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2]

    private var replaced: [(signal: Int32, action: sigaction)] = []

    /// Begins to catch signals; those that come before ``begin(to:)`` are kept for it.
    ///
    /// A signal that is ignored stays ignored, here and in the command: that is what `nohup` asks for.
    init() {
        target.store(Self.nobody, ordering: .sequentiallyConsistent)
        kept.store(0, ordering: .sequentiallyConsistent)
        for signal in Self.signals {
            var action = sigaction()
            action.__sigaction_handler = .init(sa_sigaction: handOn)
            action.sa_flags = SA_SIGINFO | SA_RESTART
            var old = sigaction()
            guard sigaction(signal, nil, &old) == 0 else { continue }
            let ignored = unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
            guard !ignored, sigaction(signal, &action, nil) == 0 else { continue }
            replaced.append((signal, old))
        }
    }

    /// From now on signals go to this process.
    func begin(to pid: pid_t) {
        target.store(pid, ordering: .sequentiallyConsistent)
        let early = kept.exchange(0, ordering: .sequentiallyConsistent)
        if early > 0 { kill(pid, early) }
    }

    /// Puts the former handlers back. Call it before the command is reaped: after that its pid may be another's.
    func end() {
        target.store(Self.nobody, ordering: .sequentiallyConsistent)
        for (signal, action) in replaced {
            var action = action
            sigaction(signal, &action, nil)
        }
    }

    /// Lets the calling thread receive these signals. The threads of Swift's runtime block them, and a signal that every thread
    /// blocks waits for ever.
    static func receiveOnThisThread() {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    fileprivate static let nobody: Int32 = 0
}

private let target = Atomic<Int32>(0)
private let kept = Atomic<Int32>(0)

/// Runs inside a signal handler: two atomic words and kill(2), which may be called there.
private func handOn(_ signal: Int32, _ info: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?) {
    // Zero and below: sent by a process. Above: by the kernel, as a terminal's signals are.
    guard let info, info.pointee.si_code <= 0 else { return }
    let saved = errno
    let pid = target.load(ordering: .sequentiallyConsistent)
    if pid > 0 { kill(pid, signal) } else { kept.store(signal, ordering: .sequentiallyConsistent) }
    errno = saved
}
#endif
