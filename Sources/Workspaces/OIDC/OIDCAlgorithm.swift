/// The signatures that can be checked. The list is closed: `none` is no signature, and the `HS…` ones take a secret, for which an
/// attacker would put in the issuer's public key, which everybody has.
///
/// | word | key |
/// |---|---|
/// | `RS256`, `PS256` | RSA of 2048 bits or more |
/// | `ES256`, `ES384` | a point of P-256, of P-384 |
/// | `EdDSA` | Ed25519 |
enum OIDCAlgorithm: String, Sendable, Hashable, CaseIterable {
    case rs256 = "RS256"
    case ps256 = "PS256"
    case es256 = "ES256"
    case es384 = "ES384"
    case edDSA = "EdDSA"
}
