package import Web

/// What a rotation reads (`POST …/rotate`), of a token or of another secret: how long the old one goes on beside the new one.
package struct RotationRequest: Decodable, Sendable {
    private let overlapSeconds: Int?

    private enum CodingKeys: String, CodingKey {
        case overlapSeconds = "overlap_seconds"
    }

    /// The overlap that a body asks for; the usual one when there is no body.
    /// - Parameter secret: What is rotated, in a word for people.
    /// - Throws: A problem: 400, or 422 for an overlap out of bounds.
    package static func overlap(from body: [UInt8], of secret: String) throws -> TokenOverlap {
        guard !body.isEmpty, let seconds = try JSONBody.decode(RotationRequest.self, from: body).overlapSeconds else { return .standard }
        guard TokenOverlap.bounds.contains(seconds) else {
            let bounds = "\(TokenOverlap.bounds.lowerBound) to \(TokenOverlap.bounds.upperBound)"
            throw Problem.invalid([
                FieldFault(body: ["overlap_seconds"], "The old \(secret) is good for \(bounds) seconds beside the new one.", expected: bounds)
            ])
        }
        return TokenOverlap(seconds: seconds)
    }

    /// - Parameter meaning: What the overlap is here, in words that go on with "at most".
    package static func schema(_ meaning: String) -> JSONSchema {
        .object(
            [
                "overlap_seconds": .integer(
                    "\(meaning), at most; \(TokenOverlap.standard.seconds) without it.",
                    minimum: Int64(TokenOverlap.bounds.lowerBound), maximum: Int64(TokenOverlap.bounds.upperBound))
            ], optional: ["overlap_seconds"])
    }
}
