import Foundation

/// Encodes payloads as bodies. One serves many.
struct PayloadEncoder {
    private let encoder: JSONEncoder

    init() {
        encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
    }

    /// UTF-8 JSON. Throws what the payload's own encoding throws.
    func encode(_ payload: some JobPayload) throws -> [UInt8] { Array(try encoder.encode(payload)) }
}
