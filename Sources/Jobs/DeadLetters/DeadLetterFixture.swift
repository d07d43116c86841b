package import Foundation

/// A dead letter as a test's fixture: what its job was and how it failed, without secrets, names and identifiers.
///
/// ```swift
/// let fixture = try DeadLetterFixture(json: Data(contentsOf: file))
/// try await pool.transaction(.workspaces([workspace])) { transaction in
///     try await fixture.handle(by: CreateTicketHandler(policies: policies), workspace: workspace, in: transaction)
/// }
/// ```
package struct DeadLetterFixture: Codable, Sendable, Hashable {
    /// A job's body in the best form that it has.
    package enum Body: Sendable, Hashable {
        case json(FixtureValue)
        /// UTF-8 that is no JSON.
        case text(String)
        case bytes([UInt8])

        package init(_ bytes: [UInt8]) {
            if let value = FixtureValue(json: bytes) {
                self = .json(value)
            } else if let text = String(validating: bytes, as: UTF8.self) {
                self = .text(text)
            } else {
                self = .bytes(bytes)
            }
        }

        /// As a handler is given it.
        package func encoded() throws -> [UInt8] {
            switch self {
            case .json(let value): try value.json()
            case .text(let text): Array(text.utf8)
            case .bytes(let bytes): bytes
            }
        }

        package func redacted(by redaction: inout Redaction) -> Body {
            switch self {
            case .json(let value): return .json(redaction.json(value))
            case .text(let text): return .text(redaction.text(text))
            case .bytes(let bytes):
                // A byte a character and back: the secrets of a broken body are still written in ASCII.
                let text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
                return .bytes(redaction.text(text).unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
            }
        }
    }

    package let kind: String
    /// Of the payload.
    package let version: Int
    package let queue: String
    package let attempts: Int
    /// What it died of.
    package let code: String
    package let error: String
    /// The failures before, oldest first.
    package let history: [FailedAttempt]
    package let body: Body

    /// The redacted fixture of a letter.
    package init(_ letter: DeadLetter) {
        var redaction = Redaction()
        self.init(letter, redaction: &redaction)
    }

    /// - Parameter redaction: afterwards knows what it replaced.
    package init(_ letter: DeadLetter, redaction: inout Redaction) {
        kind = letter.kind
        version = letter.version
        queue = letter.queue
        attempts = letter.attempts
        code = letter.code
        // The body first: what is secret there by its name is secret in the errors, where it has none.
        body = Body(letter.body).redacted(by: &redaction)
        error = redaction.text(letter.error)
        var failures: [FailedAttempt] = []
        for failure in DeadLetterHistory(json: letter.history).failures {
            failures.append(
                FailedAttempt(
                    attempt: failure.attempt, generation: failure.generation, at: failure.at, code: failure.code,
                    error: redaction.text(failure.error)))
        }
        history = failures
    }

    // MARK: The file

    /// Of the file's form; another one is refused.
    private static let form = 1

    private enum CodingKeys: String, CodingKey {
        case fixture, kind, version, queue, attempts, code, error, history, body
        case text = "body_text"
        case bytes = "body_base64"
    }

    /// Reads a file's content.
    package init(json: Data) throws {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        self = try decoder.decode(DeadLetterFixture.self, from: json)
    }

    /// A file's content.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let form = try container.decode(Int.self, forKey: .fixture)
        guard form == Self.form else {
            throw DecodingError.dataCorruptedError(forKey: .fixture, in: container, debugDescription: "form \(form) of a fixture is not known")
        }
        kind = try container.decode(String.self, forKey: .kind)
        version = try container.decode(Int.self, forKey: .version)
        queue = try container.decode(String.self, forKey: .queue)
        attempts = try container.decode(Int.self, forKey: .attempts)
        code = try container.decode(String.self, forKey: .code)
        error = try container.decode(String.self, forKey: .error)
        history = try container.decode([FailedAttempt].self, forKey: .history)
        if let text = try container.decodeIfPresent(String.self, forKey: .text) {
            body = .text(text)
        } else if let bytes = try container.decodeIfPresent(Data.self, forKey: .bytes) {
            body = .bytes(Array(bytes))
        } else {
            body = .json(try container.decode(FixtureValue.self, forKey: .body))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.form, forKey: .fixture)
        try container.encode(kind, forKey: .kind)
        try container.encode(version, forKey: .version)
        try container.encode(queue, forKey: .queue)
        try container.encode(attempts, forKey: .attempts)
        try container.encode(code, forKey: .code)
        try container.encode(error, forKey: .error)
        try container.encode(history, forKey: .history)
        switch body {
        case .json(let value): try container.encode(value, forKey: .body)
        case .text(let text): try container.encode(text, forKey: .text)
        case .bytes(let bytes): try container.encode(Data(bytes), forKey: .bytes)
        }
    }
}
