import Postgres
import Redis

/// What an error of an attempt means. The retry policy hangs on this, so it is decided here and nowhere else.
enum Failure: Equatable, Sendable {
    /// The job's own fault.
    case failed(permanent: Bool, code: String)
    /// A store is away or a commit's fate is unknown; no attempt is counted.
    case storeUnavailable
    /// A worker of another release knows the job; no attempt is counted.
    case ofOtherRelease(OtherRelease)
    /// Another delivery of the same job was faster.
    case alreadyFinished
    /// This worker was declared dead.
    case fenced
    case cancelled

    /// The code of a failure that may be the work's own, although it looks like that of a store.
    static let brokenOff = "broken_off"

    init(_ error: any Error) {
        switch error {
        case let error as PermanentJobError:
            self = .failed(permanent: true, code: error.code)
        case let error as JobError where error.code == .fenced:
            self = .fenced
        case let error as JobError where error.code == .unavailable:
            self = .storeUnavailable
        case let error as JobError where error.code == .timedOut:
            self = .failed(permanent: false, code: "timed_out")
        case let error as JobError where error.code == .unknownKind:
            self = .ofOtherRelease(.unknownKind)
        case let error as JobError where error.code == .laterVersion:
            self = .ofOtherRelease(.laterVersion)
        case let error as JobError where error.code == .tooSlow:
            self = .failed(permanent: false, code: "too_slow")
        case let error as JobError where error.code == .brokenOff:
            self = .failed(permanent: false, code: Self.brokenOff)
        case let error as PostgresError:
            self.init(error)
        case let error as RedisError:
            self = error.code == .cancelled ? .cancelled : error.isRetryable ? .storeUnavailable : .failed(permanent: false, code: "redis")
        case is CancellationError:
            self = .cancelled
        default:
            self = .failed(permanent: false, code: String(describing: type(of: error)))
        }
    }

    /// What an error means of a handler that is given a transaction. That the transaction's store is away a `PostgresError` says; any
    /// other store that the handler misses it asked of its own accord, outside of what can be repeated in place, and the attempt counts.
    init(ofTransaction error: any Error) {
        let failure = Failure(error)
        let isHandlers = failure == .storeUnavailable && !(error is PostgresError)
        self = isHandlers ? .failed(permanent: false, code: "unavailable") : failure
    }

    private init(_ error: PostgresError) {
        if error.code == .cancelled {
            self = .cancelled
            return
        }
        guard let state = error.sqlState else {
            self = error.isRetryable ? .storeUnavailable : .failed(permanent: false, code: "postgres_\(error.code)")
            return
        }
        switch state {
        case "MS001":
            self = .fenced
        case "23505" where error.constraint.map { $0.hasPrefix("outcomes") } ?? false:
            self = .alreadyFinished
        case "MS002":
            // The same of a kind whose own row is its outcome.
            self = .alreadyFinished
        case "57014":
            // The statement ran into its timeout: a job that is too heavy is the job's fault.
            self = .failed(permanent: false, code: state)
        default:
            if error.isRetryable {
                self = .storeUnavailable
            } else {
                // Data that PostgreSQL refuses (class 22) or that breaks a rule (class 23) will be refused again; a
                // missing column (class 42) may be a deployment half-way.
                self = .failed(permanent: state.hasPrefix("22") || state.hasPrefix("23"), code: state)
            }
        }
    }
}

extension PostgresError {
    /// Whether work that failed with it may itself be the cause, where the server answers others. Not so what keeps everybody from
    /// writing or connecting: those wait for an operator.
    var mayBeOfTheWork: Bool {
        guard code != .overloaded else { return false }
        // Read only after a failover, a full disk, no connection left, a server that starts or stops.
        return !["25006", "53100", "53300", "57P03"].contains(sqlState)
    }
}
