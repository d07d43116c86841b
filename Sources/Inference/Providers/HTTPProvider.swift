// Without Foundation: with its name lookup in scope the compiler does not open `any Clock` for a call that also takes a closure.

/// Calls a provider over HTTP, in whatever format it speaks: one exchange for all of them.
struct HTTPProvider: Provider {
    let name: String
    let format: any WireFormat
    /// With its version, without a slash at its end.
    let base: String
    let key: ProviderKey?
    let timeouts: StreamTimeouts
    let client: ProviderClient
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - baseURL: With its version, without the format's path: `https://api.openai.com/v1`.
    ///   - key: Sent as the format says; nil for a server that asks for none.
    ///   - client: The process's own; the caller runs it.
    init(
        name: String, format: any WireFormat, baseURL: String, key: ProviderKey?, timeouts: StreamTimeouts = StreamTimeouts(),
        client: ProviderClient, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.name = name
        self.format = format
        base = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.key = key
        self.timeouts = timeouts
        self.client = client
        self.clock = clock
    }

    func stream(_ request: ProviderRequest, receive: @escaping @Sendable (ProviderEvent) async throws -> Void) async throws {
        try await relay(request, on: clock, to: receive)
    }

    /// Reads and watches side by side. What is left to say after the reading stopped is said here, outside of a cancelled task.
    private func relay<C: Clock>(
        _ request: ProviderRequest, on clock: C, to receive: @escaping @Sendable (ProviderEvent) async throws -> Void
    ) async throws where C.Duration == Duration {
        let patience = StreamPatience(clock: clock, timeouts: timeouts)
        let last = try await withThrowingTaskGroup(of: [ProviderEvent]?.self) { group in
            group.addTask { try await exchange(request, patience, receive) }
            group.addTask {
                _ = await patience.expiry()
                return nil
            }
            while let result = try await group.next() {
                // Either side ends the other: the watch is over with the stream, and an impatient watch cancels the read.
                group.cancelAll()
                if let result { return result }
            }
            return []
        }
        try Task.checkCancellation()
        for event in last { try await receive(event) }
    }
}
