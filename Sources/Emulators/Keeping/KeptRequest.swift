import Web

/// What is asked about a Response that is kept.
enum KeptRequest: Sendable, Equatable {
    /// `GET responses/ID`: as far as it has come; with `stream=true` its events behind `starting_after`.
    case show(String)
    case follow(String, after: Int)
    /// `POST responses/ID/cancel`.
    case cancel(String)

    /// - Parameters:
    ///   - path: Behind `responses/`.
    ///   - query: Of a `GET`.
    /// - Returns: nil for what the provider does not have.
    init?(method: String, path: String, query: String?) throws(EmulatorError) {
        let words = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (method, words.count) {
        case ("GET", 1):
            var members: [String: String] = [:]
            for pair in (query ?? "").split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
                if let name = parts.first { members[name] = parts.count > 1 ? parts[1] : "" }
            }
            guard members["stream"] == "true" else {
                self = .show(words[0])
                return
            }
            guard let text = members["starting_after"] else {
                self = .follow(words[0], after: -1)
                return
            }
            guard let after = Int(text), after >= 0 else {
                throw EmulatorError(400, code: "invalid_type", message: "'starting_after' is a number from 0.", param: "starting_after")
            }
            self = .follow(words[0], after: after)
        case ("POST", 2) where words[1] == "cancel": self = .cancel(words[0])
        default: return nil
        }
    }

    var id: String {
        switch self {
        case .show(let id), .follow(let id, _), .cancel(let id): id
        }
    }
}
