import Foundation
import Jobs

/// What is announced to all workers about a run: a row was written that its owner wants to know of.
///
/// The wire form is the run's id for a cancellation, and `<id> results` for results of tool calls. A worker of an earlier release does
/// not understand the second and ignores it.
enum RunNotice: Sendable, Equatable {
    case cancellation(UUID)
    case results(UUID)

    init?(_ message: [UInt8]) {
        let words = String(decoding: message, as: UTF8.self).split(separator: " ")
        guard let run = words.first.flatMap({ UUID(uuidString: String($0)) }) else { return nil }
        switch words.dropFirst().joined(separator: " ") {
        case "": self = .cancellation(run)
        case "results": self = .results(run)
        default: return nil
        }
    }

    var message: String {
        switch self {
        case .cancellation(let run): run.lowercased
        case .results(let run): "\(run.lowercased) results"
        }
    }
}
