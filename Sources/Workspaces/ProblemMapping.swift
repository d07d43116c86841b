import HTTPTypes
import Jobs
import Postgres
import Redis
package import Web

/// What the stores and the engine throw, as problems. Web's table takes these rows, for Web knows none of those modules.
///
/// | thrown | answered |
/// |---|---|
/// | a store is away, slow or overloaded; a commit whose fate is unknown | 503, `Retry-After` |
/// | the queue is over its bound, or a store that acceptance needs is away | 503, `Retry-After` |
/// | the workspace has as many jobs in the queue as one may | 429 `workspace-backlog-full`, `Retry-After` |
/// | the answer of such a store was lost: the job may be accepted | 503 `acceptance-unknown`, `Retry-After` |
/// | Idempotency-Key used for another request / under way | 422 / 409 |
/// | what is asked of a job and cannot be, such as the end of one that cannot be cancelled | 409 `refused` |
/// | what a workspace's rules forbid: the last owner's leaving, another role than the caller's may give, another's token | 409, 403 |
/// | 23505 unique | 409 |
/// | 23503 foreign key, 23514 check, 23502 not null, 22xxx data | 422 |
/// | anything else | 500, by Web |
package enum ProblemMapping {
    package static let table = ProblemTable([jobs, postgres, redis, workspaces])

    static let jobs: ProblemTable.Row = { error in
        guard let error = error as? JobError else { return nil }
        switch error.code {
        case .idempotencyMismatch: return idempotencyMismatch
        case .inFlight:
            var problem = Problem.conflict("The first request with this Idempotency-Key is still under way.", name: "idempotency-in-flight")
            problem.retryAfter = error.retryAfter ?? .seconds(1)
            return problem
        case .unavailable where error.mayBeAccepted: return acceptanceUnknown(retryAfter: error.retryAfter ?? .seconds(2))
        case .unavailable: return .unavailable("The job was not accepted, for a store is away.", retryAfter: error.retryAfter ?? .seconds(2))
        case .backlogFull: return .unavailable("The queue is full; the job was not accepted.", retryAfter: error.retryAfter ?? .seconds(5))
        case .workspaceBacklogFull:
            return Problem(
                .tooManyRequests, name: "workspace-backlog-full", title: "The workspace has too many jobs in the queue",
                detail: "The job was not accepted. Send it again when some of the workspace's jobs are done.",
                retryAfter: error.retryAfter ?? .seconds(5))
        case .payloadTooLarge:
            return Problem(.contentTooLarge, name: "too-large", title: "The body is too large", detail: "The job's payload is too large.")
        case .refused: return .conflict("This is refused: \(error.message).", name: "refused")
        case .invalidPayload: return .invalid([], detail: "The job's payload is not valid.")
        default: return nil
        }
    }

    static let postgres: ProblemTable.Row = { error in
        guard let error = error as? PostgresError else { return nil }
        if error.commitUnknown { return .unavailable("The connection broke while the change was being made. Send the request again.") }
        switch error.code {
        case .connection, .timeout, .overloaded: return .unavailable("The database does not answer.", retryAfter: .seconds(2))
        case .cancelled: return .unavailable("The request was withdrawn.")
        default: break
        }
        if error.isRetryable { return .unavailable("The database cannot do this now.") }
        switch error.sqlState ?? "" {
        case "23505": return .conflict("This exists already.")
        case "23503": return .invalid([], detail: "The request refers to something that does not exist.")
        case "23502", "23514": return .invalid([], detail: "A value is not accepted.")
        case let state where state.hasPrefix("22"): return .invalid([], detail: "A value is out of range or cannot be stored.")
        default: return nil
        }
    }

    static let redis: ProblemTable.Row = { error in
        guard let error = error as? RedisError else { return nil }
        guard error.isRetryable || error.code == .cancelled else { return nil }
        return .unavailable("The queue's store does not answer.", retryAfter: .seconds(2))
    }

    static let workspaces: ProblemTable.Row = { error in
        if error is NotMember { return .notMember }
        guard let error = error as? WorkspaceError else { return nil }
        switch error.code {
        case .idempotencyMismatch: return idempotencyMismatch
        case .invalidSlug: return .invalid([FieldFault(body: ["slug"], error.message)])
        case .otherAddress: return .invalid([FieldFault(body: ["email"], error.message)])
        case .slugTaken, .emailTaken, .alreadyMember: return .conflict(error.message)
        case .slugLooksLike: return .conflict(error.message, name: "slug-looks-like")
        case .lastOwner: return .conflict(error.message, name: "last-owner")
        case .invitationAccepted: return .conflict(error.message, name: "invitation-accepted")
        case .defaultWorkspace: return .conflict(error.message, name: "default-workspace")
        case .restoredTooLate: return .conflict(error.message, name: "restored-too-late")
        case .tokenEnded: return .conflict(error.message, name: "token-ended")
        case .tokenReplaced: return .conflict(error.message, name: "token-replaced")
        case .forgedToken: return .unauthorized(.invalid)
        case .multiUserOff: return Problem(.forbidden, name: "multi-user-off", title: "There is one workspace only", detail: error.message)
        case .roleTooLow: return Problem(.forbidden, name: "role-too-low", title: "The role does not allow this", detail: error.message)
        case .workspaceDeleted: return Problem(.forbidden, name: "workspace-deleted", title: "The workspace was deleted", detail: error.message)
        case .otherHolder: return Problem(.forbidden, name: "other-holder", title: "The token is not of whoever asks", detail: error.message)
        case .unknownWorkspace, .unknownMember, .unknownUser, .unknownInvitation, .unknownToken: return .notFound(error.message)
        default: return nil
        }
    }

    /// Of its own type, for a program that sends without a key must not take it for a refusal.
    private static func acceptanceUnknown(retryAfter: Duration) -> Problem {
        Problem(
            .serviceUnavailable, name: "acceptance-unknown", title: "The job may be accepted",
            detail: """
                It is not known whether the job was accepted. Send the request again with the same Idempotency-Key: it is one job then. \
                Without a key look first whether the job is there, for a request that is sent again makes a second one.
                """, retryAfter: retryAfter)
    }

    private static let idempotencyMismatch = Problem(
        .unprocessableContent, name: "idempotency-mismatch", title: "The Idempotency-Key was used for another request",
        detail: "Send a new key with a new request, and the same body with the same key.")
}
