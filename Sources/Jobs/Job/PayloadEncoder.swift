import Foundation

/// Encodes payloads as bodies.
enum PayloadEncoder {
    /// Safe to share: encoding reads its settings and keeps its state to itself.
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return encoder
    }()

    /// UTF-8 JSON. Throws what the payload's own encoding throws.
    static func encode(_ payload: some JobPayload) throws -> [UInt8] { Array(try encoder.encode(payload)) }
}
