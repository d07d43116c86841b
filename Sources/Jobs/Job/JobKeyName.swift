import Crypto
import Foundation

extension String {
    /// Whether it may stand in a header and in a name of a Redis key as it is.
    var isPlainKey: Bool {
        let length = utf8.count
        return length > 0 && length <= 64
            && utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "~") || byte == UInt8(ascii: "-")
            }
    }

    /// SHA-256 in base64url, marked as such.
    var keyDigest: String {
        let digest = Data(SHA256.hash(data: Data(utf8))).base64EncodedString()
        return "~" + digest.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }
}
