import Crypto

/// A Lua script that the server keeps under its SHA-1 digest. Make it once and keep it: the digest is computed on creation.
public struct RedisScript: Sendable, Equatable {
    /// What logs and errors call the script.
    public let name: String
    public let source: String
    /// The digest `EVALSHA` takes, 40 lower-case hexadecimal digits. SHA-1 is the server's choice of name, not a safeguard.
    public let sha1: String

    public init(name: String, source: String) {
        self.name = name
        self.source = source
        self.sha1 = Self.hexadecimal(Insecure.SHA1.hash(data: Array(source.utf8)))
    }

    /// The command that runs the script if the server still has it, and answers `NOSCRIPT` if not.
    func evaluateByDigest(keys: [String], arguments: [RedisArgument]) -> RedisCommand {
        RedisCommand("EVALSHA", arguments: Self.arguments(.string(sha1), keys, arguments))
    }

    /// The command that carries the source, and leaves the script with the server under its digest.
    func evaluateBySource(keys: [String], arguments: [RedisArgument]) -> RedisCommand {
        RedisCommand("EVAL", arguments: Self.arguments(.string(source), keys, arguments))
    }

    private static func arguments(_ script: RedisArgument, _ keys: [String], _ rest: [RedisArgument]) -> [RedisArgument] {
        var result: [RedisArgument] = []
        result.reserveCapacity(2 + keys.count + rest.count)
        result.append(script)
        result.append(.integer(keys.count))
        for key in keys { result.append(.string(key)) }
        result.append(contentsOf: rest)
        return result
    }

    private static func hexadecimal(_ digest: Insecure.SHA1Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(Insecure.SHA1Digest.byteCount * 2)
        for byte in digest {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0x0f)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
