import Foundation

/// Where the next page begins, as an opaque text: base64url of a version and a key.
///
/// A cursor holds the last row's key (so that rows written meanwhile move nothing) and no secret: a caller who alters one
/// gets another place of what it may read anyway.
package enum Cursor {
    /// A cursor for a key.
    package static func encode(_ key: some Encodable) throws -> String {
        var bytes: [UInt8] = [version]
        bytes.append(contentsOf: try WireCoding.encoder.encode(key))
        return Base64URL.encode(bytes)
    }

    /// The key in a cursor.
    /// - Throws: a 400 problem when it is none of ours.
    package static func decode<Key: Decodable>(_ text: String, as type: Key.Type = Key.self, parameter: String = "cursor") throws -> Key {
        guard let bytes = Base64URL.decode(text), bytes.first == version,
            let key = try? WireCoding.decoder.decode(type, from: Data(bytes.dropFirst()))
        else { throw Query.fault(parameter, "Send a cursor as the previous page gave it.") }
        return key
    }

    private static let version: UInt8 = 1
}
