import Foundation
import Synchronization

/// Whether a token is one of the issuer's, is made out for us, and holds at this moment.
///
/// A signature that was good is remembered by the hash of its token, so that each token costs one check. It is believed until the
/// token's end, and no longer than the issuer shows the key that made it.
final class OIDCVerifier<C: Clock>: Sendable where C.Duration == Duration {
    private struct Known: Sendable {
        let claims: OIDCClaims
        /// Of the key that it was signed with.
        let fingerprint: [UInt8]
    }

    private let configuration: OIDCConfiguration
    private let keys: OIDCKeys<C>
    private let now: @Sendable () -> Date
    private let known: Mutex<RecentMap<[UInt8], Known>>

    /// - Parameters:
    ///   - now: the time of day, for what a token says about its own.
    ///   - capacity: tokens that are remembered, some hundred bytes each; the oldest goes for a new one.
    init(_ configuration: OIDCConfiguration, keys: OIDCKeys<C>, now: @escaping @Sendable () -> Date, capacity: Int = 4096) {
        self.configuration = configuration
        self.keys = keys
        self.now = now
        known = Mutex(RecentMap(capacity: capacity))
    }

    /// - Throws: ``OIDCRefusal``; ``OIDCKeysMissing`` where the issuer's keys cannot be had.
    func claims(of token: OIDCToken) async throws -> OIDCClaims {
        if let known = known.withLock({ $0.value(of: token.hash) }) {
            let held = try await keys.current()
            // Afterwards, for it may have waited.
            try known.claims.checkExpiry(at: seconds, skew: configuration.skew)
            if held.set.holds(known.fingerprint) { return known.claims }
        }
        let header = try token.header()
        guard let algorithm = OIDCAlgorithm(rawValue: header.algorithm), configuration.algorithms.contains(algorithm) else {
            throw OIDCRefusal.algorithm
        }
        for key in try await candidates(for: header, algorithm) {
            guard await key.verifies(token, as: algorithm) else { continue }
            let claims = try OIDCClaims(token.payload, for: configuration, at: seconds)
            let found = Known(claims: claims, fingerprint: key.fingerprint)
            known.withLock { $0.update(token.hash, initial: found) { $0 = found } }
            return claims
        }
        throw OIDCRefusal.signature
    }

    private func candidates(for header: OIDCHeader, _ algorithm: OIDCAlgorithm) async throws -> [OIDCKey] {
        let held = try await keys.current()
        let found = held.set.candidates(for: header, algorithm)
        guard found.isEmpty else { return found }
        let newer = try await keys.newer(than: held)?.set.candidates(for: header, algorithm) ?? []
        guard !newer.isEmpty else { throw OIDCRefusal.unknownKey }
        return newer
    }

    private var seconds: Double { now().timeIntervalSince1970 }
}
