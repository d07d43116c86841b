import Foundation

/// Encodes payloads as bodies.
package enum PayloadEncoder {
    /// Safe to share: encoding reads its settings and keeps its state to itself.
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return encoder
    }()

    /// UTF-8 JSON. Throws what the payload's own encoding throws.
    package static func encode<Payload: JobPayload>(_ payload: Payload) throws -> [UInt8] {
        if Payload.isFlat {
            var fields = FlatJSONWriter()
            payload.write(to: &fields)
            if let body = fields.finished() { return body }
        }
        return Array(try encoder.encode(payload))
    }
}
