import Dispatch
import Synchronization

/// The executor of one connection's actor: a thread of its own, so that waiting for the server never takes a thread of the
/// cooperative pool. It ends when ``stop()`` was called and its last job has run.
final class PinnedThread: SerialExecutor {
    private struct Mailbox {
        var jobs: [UnownedJob] = []
        var stopped = false
    }

    private let mailbox = Mutex(Mailbox())
    private let arrivals = DispatchSemaphore(value: 0)

    /// Throws ``PostgresError`` with code `connection` when the system gives no thread.
    init() throws {
        // The thread holds the executor while it runs, so the last release of the actor may happen on the thread itself.
        try DetachedThread.start { self.loop() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        mailbox.withLock { $0.jobs.append(job) }
        arrivals.signal()
    }

    func stop() {
        mailbox.withLock { $0.stopped = true }
        arrivals.signal()
    }

    private func loop() {
        var batch: [UnownedJob] = []
        while true {
            arrivals.wait()
            let stopped = mailbox.withLock { mailbox in
                swap(&batch, &mailbox.jobs)
                return mailbox.stopped
            }
            for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
            let wasEmpty = batch.isEmpty
            batch.removeAll(keepingCapacity: true)
            // Signals of jobs that an earlier turn took already lead to empty turns; only an empty one may be the last.
            if stopped, wasEmpty { return }
        }
    }
}
