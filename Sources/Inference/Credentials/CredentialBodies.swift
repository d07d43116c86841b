import Foundation
import Hummingbird
import Web

/// What `PUT /v1/provider-credentials/{provider}` reads.
struct CredentialRequest: Decodable {
    let key: String

    static let longest = 8_192

    /// The key's bytes and its end.
    /// - Throws: a 422 problem that does not quote it.
    func checked() throws -> (bytes: [UInt8], hint: String) {
        let text = key.filter { !$0.isWhitespace }
        guard (8...Self.longest).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem.invalid([FieldFault(body: ["key"], "A key has 8 to \(Self.longest) visible ASCII characters.")])
        }
        return (Array(text.utf8), String(text.suffix(4)))
    }

    static let schema = JSONSchema.object(["key": .string("As the provider gave it.", minLength: 8, maxLength: longest)])
}

/// A key as the API shows it.
struct CredentialBody: ResponseEncodable, Sendable {
    let provider: String
    let hint: String
    let sealedUnder: String
    let createdAt: Date
    let lastUsedAt: Date?

    init(_ credential: ProviderCredential) {
        provider = credential.provider
        hint = credential.hint
        sealedUnder = credential.keyID
        createdAt = credential.createdAt
        lastUsedAt = credential.lastUsedAt
    }

    private enum CodingKeys: String, CodingKey {
        case provider, hint
        case sealedUnder = "sealed_under"
        case createdAt = "created_at"
        case lastUsedAt = "last_used_at"
    }

    static let schema = JSONSchema.named(
        "ProviderCredential",
        .object(
            [
                "provider": .string(), "hint": .string("The key's last four characters."),
                "sealed_under": .string("The id of the installation's key that seals it."), "created_at": .time, "last_used_at": .time,
            ], optional: ["last_used_at"]))
}

/// All keys of a workspace: there is one a provider, so they are few.
struct CredentialList: ResponseEncodable, Sendable {
    let items: [CredentialBody]
}
