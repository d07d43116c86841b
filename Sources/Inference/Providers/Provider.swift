/// One call of a model, as every provider understands it.
package struct ProviderRequest: Sendable, Equatable {
    /// The run it belongs to, lower case: what a provider that must be deterministic draws its randomness from.
    package var run: String
    package var model: String
    /// With the agent's prompt in front.
    package var messages: [RunMessage]
    package var tools: [ToolDefinition]
    package var options: GenerationOptions
    /// The workspace's own key of the provider; nil for the installation's.
    package var key: ProviderKey?
    /// The provider is asked to keep its answer where it can, so that the rest can be read when the connection, or who had it, is lost.
    package var isKept = false
    /// The answer whose rest is wanted, and no new one; nil for a call that begins.
    package var kept: KeptAnswer?

    package init(
        run: String, model: String, messages: [RunMessage], tools: [ToolDefinition] = [], options: GenerationOptions = GenerationOptions(),
        key: ProviderKey? = nil
    ) {
        self.run = run
        self.model = model
        self.messages = messages
        self.tools = tools
        self.options = options
        self.key = key
    }
}

/// Something that answers a conversation with a stream of events.
///
/// ``stream(_:receive:)`` hands over each event as soon as it is decoded and goes on only after `receive` has returned: a reader that
/// is slow slows the provider down (the socket is not read), nothing is buffered in between, and no task outlives the call. That is
/// why it takes a receiver and does not return a sequence: an `AsyncSequence` over a call that has three deadlines of its own needs
/// either a task without a parent or a buffer.
package protocol Provider: Sendable {
    /// What configuration, events and reports call it.
    var name: String { get }

    /// Answers `request`.
    ///
    /// The last event is ``ProviderEvent/ended(_:)``, exactly once: whatever is wrong with the provider is told by it, not thrown.
    ///
    /// - Throws: What `receive` throws, and `CancellationError` when the task is cancelled; then the provider's connection is closed
    ///   at once, which is how a provider learns that nobody wants the rest.
    func stream(_ request: ProviderRequest, receive: @escaping @Sendable (ProviderEvent) async throws -> Void) async throws

    /// Tells a provider that keeps an answer that nobody wants the rest. It returns soon, whatever came of it.
    ///
    /// - Parameter key: As in ``ProviderRequest/key``.
    func abandon(_ position: AnswerPosition, key: ProviderKey?) async
}

extension Provider {
    package func abandon(_ position: AnswerPosition, key: ProviderKey?) async {}
}
