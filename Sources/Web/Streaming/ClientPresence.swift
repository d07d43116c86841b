package import NIOCore
import Synchronization

/// Tells when the client of a connection has left, and costs next to nothing while it stays: no task waits for that, and what the client
/// sends next is not used up.
///
/// Stands in the pipeline of each connection of a server that is to know. HTTP servers let a client close its side before it has its answer;
/// who does so while an answer goes on is taken for one that has left.
package final class ClientPresence: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    package typealias InboundIn = Any

    private struct State {
        var isGone = false
        var lastID: UInt64 = 0
        var watchers: [UInt64: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// By their channels, for a channel has no place for more that could be looked into from outside of its event loop.
    private static let book = Mutex<[ObjectIdentifier: ClientPresence]>([:])

    package init() {}

    /// Nil for a connection of a server that does not watch.
    static func of(_ channel: any Channel) -> ClientPresence? {
        book.withLock { $0[ObjectIdentifier(channel)] }
    }

    /// Calls `perform` once the client has left; at once when it has.
    /// - Returns: what ``forget(_:)`` takes.
    func onLeaving(_ perform: @escaping @Sendable () -> Void) -> UInt64 {
        let (id, isGone) = state.withLock { state in
            state.lastID += 1
            if !state.isGone { state.watchers[state.lastID] = perform }
            return (state.lastID, state.isGone)
        }
        if isGone { perform() }
        return id
    }

    func forget(_ id: UInt64) {
        _ = state.withLock { $0.watchers.removeValue(forKey: id) }
    }

    private func leave() {
        let watchers = state.withLock { state in
            state.isGone = true
            defer { state.watchers = [:] }
            return state.watchers
        }
        for watcher in watchers.values { watcher() }
    }

    // MARK: The pipeline

    package func handlerAdded(context: ChannelHandlerContext) {
        let name = ObjectIdentifier(context.channel)
        Self.book.withLock { $0[name] = self }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        let name = ObjectIdentifier(context.channel)
        Self.book.withLock { $0[name] = nil }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { leave() }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }
}

extension IdentifiedContext {
    /// Runs a wait before an event stream, which is cancelled when the client leaves. On a server whose connections have no
    /// ``ClientPresence`` it is not.
    /// - Throws: what `operation` throws; `CancellationError` when the client has left.
    package func whileClientStays<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard let client = ClientPresence.of(channel) else {
            // A connection that is closed is in nobody's book any more.
            guard channel.isActive else { throw CancellationError() }
            return try await operation()
        }
        // Not structured: nothing but its handle can cancel it from outside of this task. It is awaited here.
        let task = Task { try await operation() }
        let leaving = client.onLeaving { task.cancel() }
        defer { client.forget(leaving) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}

/// A request's context that knows its connection.
protocol ConnectedContext {
    var channel: any Channel { get }
}
