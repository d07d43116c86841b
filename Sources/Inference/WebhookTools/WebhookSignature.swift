import Crypto
import Foundation

/// Signs a call as Standard Webhooks has it, so that a tool can check with any library of it who calls, and that it is no repetition.
///
///     webhook-id: RUN_CALL                      the same for the same call
///     webhook-timestamp: 1760000000             seconds since 1970
///     webhook-signature: v1,BASE64 v1,BASE64    HMAC-SHA256 over id, dot, timestamp, dot, body: one a secret, with blanks between
enum WebhookSignature {
    static func headers(id: String, at time: Date, body: [UInt8], secrets: [ToolSecret]) -> [(name: String, value: String)] {
        let timestamp = "\(Int64(time.timeIntervalSince1970))"
        let signed = Array("\(id).\(timestamp).".utf8) + body
        let codes = secrets.map { secret in
            let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: secret.revealedBytes))
            return "v1,\(Data(code).base64EncodedString())"
        }
        return [
            ("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", codes.joined(separator: " ")),
        ]
    }

    /// The name of a call. Ids of calls are the provider's, so only what a header and the signed text can hold is left of them.
    static func id(run: String, call: String) -> String {
        let word = call.utf8.prefix(80).map { byte -> UInt8 in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
            return isPlain ? byte : 95
        }
        return "\(run)_\(String(decoding: word, as: UTF8.self))"
    }
}
