import Logging
import Synchronization

/// What an issuer answered.
struct OIDCAnswer: Sendable {
    let body: [UInt8]
    /// `Cache-Control`, all of its lines.
    var cacheControl: String?
    var age: String?
}

/// Asks for a document of an issuer, within a bound of time and size.
/// Throws ``OIDCFault``.
typealias OIDCFetch = @Sendable (OIDCAddress) async throws -> OIDCAnswer

/// The keys of an issuer: fetched when the first token comes, kept as long as ``OIDCKeyCache`` says, one fetch for all who wait.
final class OIDCKeys<C: Clock>: Sendable where C.Duration == Duration {
    private typealias Flight = Task<OIDCHeldKeys, any Error>
    private typealias Cache = OIDCKeyCache<C.Instant, Flight>

    private let configuration: OIDCConfiguration
    private let fetch: OIDCFetch
    private let clock: C
    private let logger: Logger
    private let cache = Mutex(Cache())

    init(_ configuration: OIDCConfiguration, fetch: @escaping OIDCFetch, clock: C, logger: Logger) {
        self.configuration = configuration
        self.fetch = fetch
        self.clock = clock
        self.logger = logger
    }

    /// The keys to check tokens with.
    /// - Throws: ``OIDCKeysMissing`` where there are none and the issuer is away.
    func current() async throws -> OIDCHeldKeys {
        switch ask({ $0.current(at: $1) }) {
        case .serve(let keys): return keys
        case .join(let flight):
            do {
                return try await flight.value
            } catch {
                if let stale = cache.withLock({ $0.stale(at: clock.now) }) { return stale }
                throw missing()
            }
        case .missing(let left): throw OIDCKeysMissing(retryAfter: left)
        case .begin, .serveAndBegin, .settled: preconditionFailure("begun above, or no answer to this")
        }
    }

    /// Keys that came after these; nil when the issuer showed the same ones a moment ago.
    /// - Throws: ``OIDCKeysMissing`` where the issuer is away: a key may be new, and nobody can tell.
    func newer(than keys: OIDCHeldKeys) async throws -> OIDCHeldKeys? {
        switch ask({ $0.newer(than: keys.generation, at: $1) }) {
        case .serve(let newer): return newer
        case .settled: return nil
        case .join(let flight):
            do {
                return try await flight.value
            } catch {
                throw missing()
            }
        case .missing(let left): throw OIDCKeysMissing(retryAfter: left)
        case .begin, .serveAndBegin: preconditionFailure("begun above")
        }
    }

    private func missing() -> OIDCKeysMissing {
        OIDCKeysMissing(retryAfter: cache.withLock { $0.left(at: clock.now) } ?? .seconds(1))
    }

    // MARK: Fetching

    private func ask(_ question: (Cache, C.Instant) -> Cache.Answer) -> Cache.Answer {
        let now = clock.now
        return cache.withLock { cache in
            let answer = question(cache, now)
            switch answer {
            case .begin: return .join(begin(&cache, at: now))
            case .serveAndBegin(let keys):
                _ = begin(&cache, at: now)
                return .serve(keys)
            case .serve, .join, .settled, .missing: return answer
            }
        }
    }

    private func begin(_ cache: inout Cache, at now: C.Instant) -> Flight {
        // Unstructured, because it belongs to all who ask meanwhile, or to nobody: one caller's leaving must not fail the others.
        // The fetcher's deadlines end it.
        let flight = Flight { try await self.fly(since: now) }
        cache.began(flight, at: now)
        return flight
    }

    private func fly(since: C.Instant) async throws -> OIDCHeldKeys {
        do {
            let description = try await fetch(configuration.discovery)
            let discovery = try OIDCDiscovery(description.body, of: configuration.issuer)
            let answer = try await fetch(discovery.keys)
            let set = try OIDCKeySet(answer.body, allowing: configuration.algorithms)
            let lifetime = OIDCFreshness.lifetime(cacheControl: answer.cacheControl, age: answer.age)
            return cache.withLock { $0.succeeded(set, of: discovery, for: lifetime, since: since) }
        } catch {
            cache.withLock { $0.failed() }
            logger.warning(
                "The keys of the identity provider could not be fetched", metadata: ["issuer": "\(configuration.issuer)", "error": "\(error)"])
            throw error
        }
    }
}
