import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web

/// What a refused request says to the watch.
enum WatchedFault: Sendable, Equatable {
    /// 403 or 404: not there, or not for this one.
    case withheld
    /// An Idempotency-Key that was used for another request.
    case keyReused
    /// A token that is expired, revoked or never was.
    case tokenRefused
    case signatureRefused
    /// An account of the identity provider has named a workspace that it is no member of, or that is none.
    case stranger(account: UUID, slug: String)

    /// Nil for what nobody watches.
    init?(_ thrown: any Error) {
        let error = (thrown as? ClosingError)?.cause ?? thrown
        if let error = error as? WorkspaceError, error.code == .forgedToken {
            self = .signatureRefused
        } else if let refusal = error as? NotMember {
            self = .stranger(account: refusal.account, slug: refusal.slug)
        } else if let problem = error as? Problem ?? ProblemMapping.jobs(error) ?? ProblemMapping.workspaces(error) {
            self.init(problem: problem)
        } else if let error = error as? any HTTPResponseError {
            self.init(status: error.status.code)
        } else {
            return nil
        }
    }

    /// By the status alone, of an answer that nobody threw.
    init?(status: Int) {
        guard status == 403 || status == 404 else { return nil }
        self = .withheld
    }

    private init?(problem: Problem) {
        switch problem.type {
        case "urn:mainstay:problem:idempotency-mismatch": self = .keyReused
        case "urn:mainstay:problem:token-expired": self = .tokenRefused
        case "urn:mainstay:problem:\(Problem.badSignatureName)": self = .signatureRefused
        default:
            // A request without a token is no attempt with one.
            if problem.status.code == 401, problem.headers[.wwwAuthenticate]?.contains("invalid_token") == true {
                self = .tokenRefused
            } else {
                self.init(status: problem.status.code)
            }
        }
    }
}
