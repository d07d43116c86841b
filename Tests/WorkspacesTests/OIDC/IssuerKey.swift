import CryptoExtras
import Foundation
import JWTKit
import Web

/// A key pair of an issuer: what it shows of it, and tokens that it signs.
struct IssuerKey: Sendable {
    let id: String?
    /// As it stands in the issuer's key set.
    let shown: JSONValue
    /// What everybody has.
    let publicPEM: String
    private let signer: JWTKeyCollection

    private init(_ id: String?, _ algorithm: String?, _ material: [JSONValue.Member], pem: String, signer: JWTKeyCollection) {
        self.id = id
        self.signer = signer
        publicPEM = pem
        var members = material + [.init("use", "sig")]
        if let algorithm { members.append(.init("alg", .string(algorithm))) }
        if let id { members.append(.init("kid", .string(id))) }
        shown = .object(members)
    }

    // MARK: Making

    static func es256(_ id: String?, says algorithm: String? = "ES256") async throws -> IssuerKey {
        let secret = ES256PrivateKey()
        let point = try require(secret.parameters)
        let material: [JSONValue.Member] = [
            .init("kty", "EC"), .init("crv", "P-256"), .init("x", .string(url(point.x))), .init("y", .string(url(point.y))),
        ]
        return IssuerKey(
            id, algorithm, material, pem: secret.publicKey.pemRepresentation, signer: await JWTKeyCollection().add(ecdsa: secret))
    }

    static func es384(_ id: String?) async throws -> IssuerKey {
        let secret = ES384PrivateKey()
        let point = try require(secret.parameters)
        let material: [JSONValue.Member] = [
            .init("kty", "EC"), .init("crv", "P-384"), .init("x", .string(url(point.x))), .init("y", .string(url(point.y))),
        ]
        return IssuerKey(id, "ES384", material, pem: secret.publicKey.pemRepresentation, signer: await JWTKeyCollection().add(ecdsa: secret))
    }

    static func edDSA(_ id: String?) async throws -> IssuerKey {
        let secret = try EdDSA.PrivateKey()
        let material: [JSONValue.Member] = [
            .init("kty", "OKP"), .init("crv", "Ed25519"), .init("x", .string(Base64URL.encode(Array(secret.publicKey.rawRepresentation)))),
        ]
        return IssuerKey(id, "EdDSA", material, pem: secret.publicKey.pemRepresentation, signer: await JWTKeyCollection().add(eddsa: secret))
    }

    /// - Parameter isPSS: signs as `PS256`.
    static func rsa(_ id: String?, says algorithm: String? = "RS256", isPSS: Bool = false) async throws -> IssuerKey {
        let secret = try JWTKit.Insecure.RSA.PrivateKey(backing: _RSA.Signing.PrivateKey(keySize: .bits2048))
        let (modulus, exponent) = try secret.publicKey.getKeyPrimitives()
        let material: [JSONValue.Member] = [
            .init("kty", "RSA"), .init("n", .string(Base64URL.encode(Array(modulus)))), .init("e", .string(Base64URL.encode(Array(exponent)))),
        ]
        let keys = JWTKeyCollection()
        if isPSS { await keys.add(pss: secret, digestAlgorithm: .sha256) } else { await keys.add(rsa: secret, digestAlgorithm: .sha256) }
        return IssuerKey(id, algorithm, material, pem: secret.publicKey.pemRepresentation, signer: keys)
    }

    // MARK: Signing

    /// - Parameter header: more of it, over what is there by itself.
    func sign(_ claims: [String: JSONValue], header: [String: JWTHeaderField] = [:]) async throws -> String {
        try await Self.sign(claims, by: signer, id: id, header: header)
    }

    /// Signs as `HS256`, with the public key as the secret: what a checker that believes the header would take for a good signature.
    func signWithPublicKey(_ claims: [String: JSONValue], header: [String: JWTHeaderField] = [:]) async throws -> String {
        let keys = await JWTKeyCollection().add(hmac: HMACKey(from: publicPEM), digestAlgorithm: .sha256)
        return try await Self.sign(claims, by: keys, id: id, header: header)
    }

    private static func sign(
        _ claims: [String: JSONValue], by keys: JWTKeyCollection, id: String?, header: [String: JWTHeaderField]
    ) async throws -> String {
        var fields = header
        if let id, fields["kid"] == nil { fields["kid"] = .string(id) }
        return try await keys.sign(SignedClaims(members: claims), header: JWTHeader(fields: fields))
    }

    private static func url(_ base64: String) -> String {
        base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func require(_ point: ECDSAParameters?) throws -> ECDSAParameters {
        guard let point else { throw JWTError.generic(identifier: "test", reason: "the key has no point") }
        return point
    }
}

/// Any claims.
private struct SignedClaims: JWTPayload {
    let members: [String: JSONValue]

    init(members: [String: JSONValue]) { self.members = members }
    init(from decoder: any Decoder) throws { members = try [String: JSONValue](from: decoder) }
    func encode(to encoder: any Encoder) throws { try members.encode(to: encoder) }
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

/// A token that is written and not signed.
enum WrittenToken {
    static func text(header: JSONValue, claims: [String: JSONValue], signature: String) -> String {
        let claims = JSONValue.object(claims.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
        return "\(Base64URL.encode(header.bytes())).\(Base64URL.encode(claims.bytes())).\(signature)"
    }
}
