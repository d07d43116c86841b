import AsyncHTTPClient
import NIOCore

/// Tells what an error of the HTTP client means.
enum TransportFault {
    /// - Parameter expired: The wait that our own watch ended, which shows here as a cancelled request.
    /// - Throws: `CancellationError` when it was the caller who cancelled.
    static func error(_ error: any Error, provider: String, expired: String?) throws -> InferenceError {
        if let expired {
            return InferenceError(.timeout, "The provider kept the stream open and sent nothing for too long.", provider: provider, code: expired)
        }
        if error is CancellationError { throw error }
        guard let error = error as? HTTPClientError else {
            return InferenceError(.connection, "The connection to the provider failed (\(type(of: error))).", provider: provider)
        }
        switch error {
        case .cancelled where Task.isCancelled:
            throw CancellationError()
        case .deadlineExceeded, .getConnectionFromPoolTimeout:
            return InferenceError(.timeout, "The provider accepted the request and did not answer in time.", provider: provider, code: "header_wait")
        case .connectTimeout, .tlsHandshakeTimeout:
            return InferenceError(.unavailable, "The provider cannot be reached in time.", provider: provider)
        case .invalidURL, .emptyHost, .emptyScheme:
            return InferenceError(.internalError, "The provider's URL cannot be used: \(error.shortDescription).", provider: provider)
        default:
            return InferenceError(.connection, "The connection to the provider broke: \(error.shortDescription).", provider: provider)
        }
    }
}
