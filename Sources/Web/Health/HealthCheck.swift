/// One thing that the server leans on, and how to ask whether it is well.
package struct HealthCheck: Sendable {
    /// In the order of badness.
    package enum Status: String, Sendable, Comparable {
        /// Well.
        case pass
        /// Works, with something to look at.
        case warn
        /// Does not work: no traffic should come here.
        case fail

        private var rank: Int {
            switch self {
            case .pass: 0
            case .warn: 1
            case .fail: 2
            }
        }

        package static func < (first: Status, second: Status) -> Bool { first.rank < second.rank }
    }

    /// What a check found.
    package struct Finding: Sendable, Hashable {
        package let status: Status
        /// For operators; no secrets, for the probe answers anybody.
        package let output: String?

        package init(_ status: Status, _ output: String? = nil) {
            self.status = status
            self.output = output
        }

        package static let pass = Finding(.pass)
    }

    /// As `postgres`, `redis`, `queue:tickets`.
    package let name: String
    /// How long the answer may take; after it the check has failed.
    package let deadline: Duration
    let check: @Sendable () async throws -> Finding

    /// - Parameters:
    ///   - deadline: 1 s: kubelet's own default time-out for a probe.
    ///   - check: must heed cancellation. What it throws is a failure and goes to the log, not into the answer.
    package init(_ name: String, deadline: Duration = .seconds(1), _ check: @escaping @Sendable () async throws -> Finding) {
        self.name = name
        self.deadline = deadline
        self.check = check
    }
}
