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
        return Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The key in a cursor.
    /// - Throws: a 400 problem when it is none of ours.
    package static func decode<Key: Decodable>(_ text: String, as type: Key.Type = Key.self, parameter: String = "cursor") throws -> Key {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard text.utf8.count <= 1024, let data = Data(base64Encoded: base64), data.first == version,
            let key = try? WireCoding.decoder.decode(type, from: Data(data.dropFirst()))
        else { throw Query.fault(parameter, "Send a cursor as the previous page gave it.") }
        return key
    }

    private static let version: UInt8 = 1
}
