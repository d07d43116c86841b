import Synchronization

@testable import Inference

/// Keeps what a provider's receiver gets.
final class Collected<Element: Sendable>: Sendable {
    private let state = Mutex<[Element]>([])
    var all: [Element] { state.withLock { $0 } }
    func add(_ element: Element) { state.withLock { $0.append(element) } }
}

extension Provider {
    /// Everything that the provider says to a request.
    func events(for request: ProviderRequest) async throws -> [ProviderEvent] {
        let events = Collected<ProviderEvent>()
        try await stream(request) { events.add($0) }
        return events.all
    }
}
