import Crypto
import JWTKit

/// One public key of an issuer.
///
/// The library that checks signatures takes a set of keys, and one of its own choice for an id that it does not know; and it lets
/// the token say which algorithm a key is for that does not say it itself. So it is given one key and one algorithm at a time,
/// which were chosen here.
struct OIDCKey: Sendable {
    private enum Material: Sendable {
        case rsa(JWTKit.Insecure.RSA.PublicKey)
        case p256(ES256PublicKey)
        case p384(ES384PublicKey)
        case ed25519(EdDSA.PublicKey)
    }

    /// What the issuer calls it.
    let id: String?
    /// SHA-256 of what makes it this key, whatever it is called.
    let fingerprint: [UInt8]
    /// What it checks: the one algorithm that the issuer says, or all of its kind.
    let algorithms: Set<OIDCAlgorithm>
    private let material: Material

    /// 8192 bits. A longer one makes each check dear, and nobody has one.
    private static let modulusLimit = 1366

    /// Reads a JSON Web Key (RFC 7517). Nil for one that is of no use here: for encryption, of an unknown kind, too weak, or with its
    /// secret beside it, for then anybody may sign.
    init?(_ node: JSONNode, allowing allowed: Set<OIDCAlgorithm>) {
        guard let kind = node["kty"]?.text, node["d"] == nil, node["k"] == nil, Self.isForChecking(node) else { return nil }
        if let id = node["kid"] {
            guard let text = id.text, text.utf8.count <= OIDCHeader.keyIDLimit else { return nil }
            self.id = text
        } else {
            id = nil
        }
        guard let (material, kinds) = Self.material(kind, node) else { return nil }
        var algorithms = kinds.intersection(allowed)
        if let word = node["alg"] {
            guard let text = word.text, let algorithm = OIDCAlgorithm(rawValue: text) else { return nil }
            algorithms.formIntersection([algorithm])
        }
        guard !algorithms.isEmpty else { return nil }
        self.material = material
        self.algorithms = algorithms
        // No value has a NUL in it, so the parts cannot run into each other.
        let parts = ["kty", "crv", "n", "e", "x", "y"].map { node[$0]?.text ?? "" }
        fingerprint = Array(SHA256.hash(data: Array(parts.joined(separator: "\0").utf8)))
    }

    /// Whether the token's signature is by this key and of this algorithm, and good. What was signed is not looked at.
    func verifies(_ token: OIDCToken, as algorithm: OIDCAlgorithm) async -> Bool {
        guard algorithms.contains(algorithm) else { return false }
        let keys = JWTKeyCollection()
        switch (material, algorithm) {
        case (.rsa(let key), .rs256): await keys.add(rsa: key, digestAlgorithm: .sha256)
        case (.rsa(let key), .ps256): await keys.add(pss: key, digestAlgorithm: .sha256)
        case (.p256(let key), .es256): await keys.add(ecdsa: key)
        case (.p384(let key), .es384): await keys.add(ecdsa: key)
        case (.ed25519(let key), .edDSA): await keys.add(eddsa: key)
        default: return false
        }
        do {
            _ = try await keys.verify(token.text, as: Unread.self)
            return true
        } catch {
            return false
        }
    }

    // MARK: Reading

    private static func isForChecking(_ node: JSONNode) -> Bool {
        if let use = node["use"], use != .string("sig") { return false }
        guard let operations = node["key_ops"] else { return true }
        guard case .array(let words) = operations else { return false }
        return words.contains(.string("verify"))
    }

    private static func material(_ kind: String, _ node: JSONNode) -> (Material, Set<OIDCAlgorithm>)? {
        let (x, y) = (node["x"]?.text ?? "", node["y"]?.text ?? "")
        switch (kind, node["crv"]?.text) {
        case ("RSA", _):
            guard let modulus = node["n"]?.text, modulus.utf8.count <= modulusLimit, let exponent = node["e"]?.text,
                let key = try? JWTKit.Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent)
            else { return nil }
            return (Material.rsa(key), [.rs256, .ps256])
        case ("EC", "P-256"): return (try? ES256PublicKey(parameters: (x, y))).map { (Material.p256($0), [.es256]) }
        case ("EC", "P-384"): return (try? ES384PublicKey(parameters: (x, y))).map { (Material.p384($0), [.es384]) }
        case ("OKP", "Ed25519"): return (try? EdDSA.PublicKey(x: x, curve: .ed25519)).map { (Material.ed25519($0), [.edDSA]) }
        default: return nil
        }
    }

    /// Claims are read by ``OIDCClaims``, of the bytes that were signed, once the signature is known to be good.
    private struct Unread: JWTPayload {
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }
}
