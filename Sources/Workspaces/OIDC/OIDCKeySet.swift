/// The keys of an issuer at some moment, of which those are here that can be used.
struct OIDCKeySet: Sendable {
    let keys: [OIDCKey]
    private let fingerprints: Set<[UInt8]>

    /// Keys of a set that are looked at.
    static let limit = 100
    /// Keys that one token is checked against: more than one only where the issuer gave one id twice, or none.
    static let candidates = 4

    /// Reads a JSON Web Key Set. A key that is of no use here is left out, and the others serve.
    /// - Throws: ``OIDCFault`` for what is no set, and for one without a key that can be used.
    init(_ bytes: [UInt8], allowing allowed: Set<OIDCAlgorithm>) throws(OIDCFault) {
        guard let document = OIDCDocument.object(bytes), case .array(let nodes)? = document["keys"] else {
            throw OIDCFault(.answer, "what the issuer shows as its keys is no JSON Web Key Set")
        }
        keys = nodes.prefix(Self.limit).compactMap { OIDCKey($0, allowing: allowed) }
        fingerprints = Set(keys.map(\.fingerprint))
        guard !keys.isEmpty else {
            let list = allowed.map(\.rawValue).sorted().joined(separator: ", ")
            throw OIDCFault(.answer, "of the issuer's \(nodes.count) keys none is for \(list) and strong enough")
        }
    }

    /// The keys that a token may be signed with: those of its id, or all of its algorithm where it names none.
    func candidates(for header: OIDCHeader, _ algorithm: OIDCAlgorithm) -> [OIDCKey] {
        Array(keys.lazy.filter { $0.algorithms.contains(algorithm) && (header.keyID == nil || $0.id == header.keyID) }.prefix(Self.candidates))
    }

    /// Whether the issuer still has a key.
    func holds(_ fingerprint: [UInt8]) -> Bool { fingerprints.contains(fingerprint) }
}

/// A key set with the description that led to it, and which it is of those that were fetched.
struct OIDCHeldKeys: Sendable {
    let set: OIDCKeySet
    let discovery: OIDCDiscovery
    /// Counted from 1.
    let generation: Int
}
