package import Foundation

/// One attempt of a job that failed.
package struct FailedAttempt: Sendable, Hashable, Codable {
    /// 1 for the first attempt of its generation.
    package let attempt: Int
    /// How often the job had been replayed by then: 0 in its first life.
    package let generation: Int
    package let at: Date
    /// Stable, for grouping.
    package let code: String
    package let error: String

    package init(attempt: Int, generation: Int, at: Date, code: String, error: String) {
        self.attempt = attempt
        self.generation = generation
        self.at = at
        self.code = code
        self.error = error
    }

    private enum CodingKeys: String, CodingKey {
        case attempt, generation, at, code, error
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        attempt = try container.decode(Int.self, forKey: .attempt)
        // What a worker notes between two attempts knows of no generation.
        generation = try container.decodeIfPresent(Int.self, forKey: .generation) ?? 0
        at = try container.decode(Date.self, forKey: .at)
        code = try container.decode(String.self, forKey: .code)
        error = try container.decode(String.self, forKey: .error)
    }
}

/// Somebody put a dead letter back among the accepted jobs.
package struct DeadLetterReplay: Sendable, Hashable, Codable {
    package let at: Date
    /// Nil where nobody said who it was.
    package let by: String?

    /// Reads the stored form; none where it cannot be read.
    static func list(json: [UInt8]) -> [DeadLetterReplay] {
        (try? DeadLetterHistory.decoder.decode([DeadLetterReplay].self, from: Data(json))) ?? []
    }
}

/// The failures of a job over all of its lives, oldest first, without the one that it died of last.
package struct DeadLetterHistory: Sendable, Hashable {
    package let failures: [FailedAttempt]

    /// Failures that are kept: a letter that is replayed by a timer must not grow for ever. The oldest go first.
    static let most = 200
    /// Characters of an error in a history, as in the note that a worker leaves between two attempts.
    static let errorLimit = 2000

    package init(_ failures: [FailedAttempt]) {
        self.failures = failures
    }

    /// Reads the stored form. A failure that cannot be read is left out: a history must not keep its letter from being read.
    package init(json: [UInt8]) {
        let read = (try? Self.decoder.decode([Readable].self, from: Data(json))) ?? []
        failures = read.compactMap(\.failure)
    }

    /// The stored form: UTF-8 JSON with times in milliseconds since 1970.
    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .millisecondsSince1970
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(failures)).map { Array($0) } ?? Array("[]".utf8)
    }

    /// The history of a job that died again: what was known, what it had died of, and the failures since.
    /// - Parameter generation: of the failures since.
    func continued(past death: FailedAttempt, by later: DeadLetterHistory, generation: Int) -> DeadLetterHistory {
        let end = FailedAttempt(
            attempt: death.attempt, generation: death.generation, at: death.at, code: death.code,
            error: String(death.error.prefix(Self.errorLimit)))
        let since = later.failures.map {
            FailedAttempt(attempt: $0.attempt, generation: generation, at: $0.at, code: $0.code, error: $0.error)
        }
        return DeadLetterHistory(Array((failures + [end] + since).suffix(Self.most)))
    }

    /// Made anew for each use: it is rarely used, and a shared one would have to prove that it is safe to share.
    fileprivate static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .millisecondsSince1970
        return decoder
    }

    private struct Readable: Decodable {
        let failure: FailedAttempt?

        init(from decoder: any Decoder) {
            failure = try? FailedAttempt(from: decoder)
        }
    }
}
